/** Where figures are written: one place for every command that draws. */
import { extname } from 'node:path';
import { UsageError } from '../errors.ts';
import { writeFileAtomic } from '../formats/atomic.node.ts';
import { type CaptionedSvg, reportHtml, stackSvg } from '../plots/index.ts';
import { log, out } from './console.ts';
import { renderPng } from './png.ts';

/** A drawing with what is said of it. */
export interface Figure extends CaptionedSvg {
  /** the same with characters, and all that the terminal shall say of it; absent where it cannot be drawn there */
  readonly text?: string;
}

/** The options of a command that draws. */
export interface FigureFlags {
  /** a file ending in .svg, .png or .html, or - for the terminal */
  readonly out: string;
  /** pixels of a PNG file a px of the drawing; default 2 */
  readonly scale?: number;
}

const FORMATS = ['.svg', '.png', '.html'];

/**
 * Refuses an output that cannot be written, before anything is computed for it.
 *
 * @param terminal whether the figures can be drawn with characters; default true
 * @throws UsageError
 */
export function checkFigureFlags({ out: path, scale }: FigureFlags, { terminal = true } = {}): void {
  const format = extname(path).toLowerCase();
  if (path === '-' ? !terminal : !FORMATS.includes(format)) {
    throw new UsageError(
      `--out ${path}`,
      `a file ending in .svg, .png or .html${terminal ? ', or - for the terminal' : ''}`,
      path === '-' ? 'This is not drawn in the terminal: name a file.' : 'Name another file.',
    );
  }
  if (scale !== undefined && format !== '.png') {
    throw new UsageError(`--scale with --out ${path}`, 'a file ending in .png', 'Leave --scale out.');
  }
}

/**
 * Writes figures to where the command's options say: .svg and .png as one picture, side by side where there is room; .html
 * as a page that needs no other file and no server; - as text on standard output. A PNG file whose letters no font has
 * is written, with a note of what is missing.
 *
 * @param figures at least one
 * @param title of the page
 * @throws UsageError as `checkFigureFlags`, when PNG is not installed, or for a picture too large; DataError when the
 *   file cannot be written
 */
export async function writeFigures(
  flags: FigureFlags,
  figures: readonly Figure[],
  title = 'Heed',
): Promise<void> {
  const { out: path, scale = 2 } = flags;
  checkFigureFlags(flags, { terminal: figures.every(({ text }) => text !== undefined) });
  if (path === '-') {
    for (const { text = '' } of figures) out(text);
    return;
  }
  // One drawing says itself what it is of.
  const picture = () => stackSvg(figures.length === 1 ? [{ svg: figures[0].svg }] : figures);
  switch (extname(path).toLowerCase()) {
    case '.svg':
      return writeFileAtomic(path, `${picture()}\n`);
    case '.html': {
      const sections = figures.map(({ caption = '', svg }) => ({ heading: caption, svg }));
      return writeFileAtomic(path, reportHtml({ title, summary: [], sections }));
    }
    default: {
      const { bytes, missing } = await renderPng(picture(), scale);
      await writeFileAtomic(path, bytes);
      if (missing.length > 0) log(missingNote(path, missing));
    }
  }
}

/** Scripts that the font Heed brings cannot write, with the family of fonts and Debian's package that can. */
const SCRIPTS: readonly (readonly [name: string, letters: RegExp, family: string, debian: string])[] = [
  ['Chinese', /\p{Script=Han}/u, 'Noto Sans CJK', 'fonts-noto-cjk'],
  ['Japanese', /[\p{Script=Hiragana}\p{Script=Katakana}]/u, 'Noto Sans CJK', 'fonts-noto-cjk'],
  ['Korean', /\p{Script=Hangul}/u, 'Noto Sans CJK', 'fonts-noto-cjk'],
  ['Devanagari', /\p{Script=Devanagari}/u, 'Noto Sans Devanagari', 'fonts-noto-core'],
  ['emoji', /\p{Extended_Pictographic}/u, 'Noto Emoji', 'fonts-noto-color-emoji'],
  ['other scripts', /./su, 'Noto Sans', 'fonts-noto-core'],
];

/** What a person is told who gets boxes for letters. */
export function missingNote(path: string, missing: readonly string[]): string {
  const scripts = missing.map((letter) => SCRIPTS.find(([, letters]) => letters.test(letter))!);
  const unique = (part: 0 | 2 | 3) => [...new Set(scripts.map((script) => script[part]))].join(', ');
  const shown = missing.slice(0, 8).join(' ') + (missing.length > 8 ? ' …' : '');
  return (
    `heed: ${path}: no font here has ${shown} (${unique(0)}); boxes stand for them. ` +
    `Install ${unique(2)} (Debian and Ubuntu: ${unique(3)}), or write .svg or .html, which a browser draws with its own fonts.`
  );
}
