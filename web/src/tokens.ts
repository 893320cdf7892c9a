/** Tokens as people can read them: spaces and line breaks are made visible. */
export const shown = (token: string): string =>
  token.replace(/[ ▁]/g, '␣').replace(/\n/g, '⏎').replace(/\t/g, '⇥') || '∅';

/** Whether the parts of words, as subword models have them, go on with the word before them. */
export const isJoined = (piece: string): boolean => !/^[ ▁]|^\s$|^<\/?[a-z]+>$/.test(piece);

/** A part of a word: the space in front of a word is left out, and what goes on with one has a dot there. */
export const shownPiece = (piece: string): string =>
  isJoined(piece) ? `·${shown(piece)}` : /^[ ▁]./u.test(piece) ? shown(piece.slice(1)) : shown(piece);

/** How tokens of a side are shown. */
export const showing = (subwords: boolean | undefined): ((token: string) => string) =>
  subwords ? shownPiece : shown;

/** Number with so many digits that columns of them line up. */
export const figure = (value: number, digits = 3): string =>
  Number.isFinite(value) ? value.toFixed(digits).replace('-', '−') : '–';

export const percent = (share: number): string =>
  share >= 0.9995 ? '100 %' : share < 0.0005 && share > 0 ? '<0.1 %' : `${(100 * share).toFixed(1)} %`;

export const bytesText = (bytes: number): string =>
  bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
