/**
 * Tokens as labels: what cannot be seen is made visible, and width is known without a font or a terminal at hand.
 */

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** What a reader takes for one character, base with its combining marks. */
export function graphemes(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Controls, separators, invisible formatting characters and unpaired surrogates. Joiners stay: scripts need them. */
const invisible = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zs}\p{Zl}\p{Zp}\ufffe\uffff]/gu;

/** Space as ␣, controls as their pictures (␀ … ␡), other invisible characters as ⟨U+200B⟩. */
export function visible(text: string): string {
  return text.replace(invisible, (character) => {
    const code = character.codePointAt(0)!;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x20) return '␣';
    if (code === 0x7f) return '␡';
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}

const wide =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;
const zeroWidth = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]/u;
const emoji = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f/u;

/** Columns one grapheme takes in a terminal: 0, 1, or 2 (East Asian wide and full-width characters, emoji). */
export function graphemeColumns(grapheme: string): number {
  if (emoji.test(grapheme)) return 2;
  let columns = 0;
  for (const character of grapheme) columns += wide.test(character) ? 2 : zeroWidth.test(character) ? 0 : 1;
  return columns;
}

/** Columns a text takes in a terminal. */
export function columnsOf(text: string): number {
  return graphemes(text).reduce((sum, grapheme) => sum + graphemeColumns(grapheme), 0);
}

/** The beginning of `text` that fits into `columns`, with `ellipsis` where something is cut off. */
export function shorten(text: string, columns: number, ellipsis = '…'): string {
  // A label is never measured to its end: a token may be a whole line of 100,000 characters.
  const parts = graphemes(text.slice(0, 16 * (columns + 1)));
  let used = 0;
  let cut = 0;
  for (const part of parts) {
    used += graphemeColumns(part);
    if (used > columns) return `${parts.slice(0, cut).join('')}${ellipsis}`;
    if (used <= columns - columnsOf(ellipsis)) cut++;
  }
  return text;
}

const narrowLetters = /[\s!'(),./:;I[\]`fijlrt{|}·]/;
const broadLetters = /[%@MWmw—…⟨⟩␀-␣]/;

/**
 * Width of a text in em, for a sans-serif font that is not known: rather too much than too little (measured on
 * DejaVu Sans, one of the widest).
 */
export function emWidth(text: string): number {
  let width = 0;
  for (const grapheme of graphemes(text)) {
    if (graphemeColumns(grapheme) === 2) width += 1.05;
    else if (narrowLetters.test(grapheme)) width += 0.42;
    else if (broadLetters.test(grapheme)) width += 1;
    else width += /\p{Lu}/u.test(grapheme) ? 0.76 : 0.64 * Math.max(1, graphemeColumns(grapheme));
  }
  return width;
}

/** The beginning of `text` that is at most `em` wide. */
export function shortenTo(text: string, em: number): string {
  const fits = (columns: number) => emWidth(shorten(text, columns)) <= em;
  // No letter is counted narrower than 0.42 em.
  let [least, most] = [1, Math.floor(em / 0.42)];
  if (fits(most)) return shorten(text, most);
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (fits(middle)) least = middle;
    else most = middle - 1;
  }
  return shorten(text, least);
}

/** Whether a text has characters of a right-to-left script. */
export function isRightToLeft(text: string): boolean {
  return /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u.test(text);
}

/** Whether a sequence of tokens is read from right to left: most of those that have letters are of such a script. */
export function readsRightToLeft(tokens: readonly string[]): boolean {
  const written = tokens.filter((token) => /\p{L}/u.test(token) && !/^<\/?\w+>$/.test(token));
  return 2 * written.filter(isRightToLeft).length > written.length;
}
