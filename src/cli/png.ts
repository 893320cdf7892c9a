/** Drawings as pictures. */
import type { ResvgRenderOptions } from '@resvg/resvg-js';
import { UsageError } from '../errors.ts';
import { svgSize } from '../plots/index.ts';
import { type FigureFont, FONT_FAMILY, figureFont } from './font.ts';

/** A picture, and the characters that no font could write; boxes stand for them. */
export interface Picture {
  readonly bytes: Uint8Array;
  readonly missing: readonly string[];
}

/** What one picture may hold; the renderer's memory grows with it. */
const MAX_PIXELS = 150e6;

/**
 * An `<svg>` element as PNG. Its text is written with the font that Heed brings; what that lacks (it has Latin, Greek,
 * Cyrillic, Arabic, Hebrew and more, not Chinese, Japanese, Korean or the scripts of India) with fonts of the system.
 *
 * @param scale pixels of the picture a px of the drawing
 * @throws UsageError when the renderer is not installed, or the picture would be too large
 */
export async function renderPng(svg: string, scale: number): Promise<Picture> {
  const { Resvg } = await renderer();
  const { width, height } = svgSize(svg);
  const pixels = width * height * scale ** 2;
  if (pixels > MAX_PIXELS) {
    throw new UsageError(
      `a picture of ${Math.round(width * scale)} by ${Math.round(height * scale)} pixels`,
      `at most ${MAX_PIXELS / 1e6} million in all`,
      'Lower --scale, draw fewer, or write .svg or .html.',
    );
  }
  const own = await figureFont();
  const foreign = lettersOf(svg).filter((letter) => !own.has(letter.codePointAt(0)!));
  // Only then: looking through all fonts of a system can take seconds.
  const font = fontOptions(own, foreign.length > 0);
  const rendered = new Resvg(svg, { font, fitTo: { mode: 'zoom', value: scale } }).render();
  return { bytes: rendered.asPng(), missing: foreign.length > 0 ? missingOf(foreign, font, Resvg) : [] };
}

const fontOptions = (own: FigureFont, loadSystemFonts: boolean): ResvgRenderOptions['font'] => ({
  loadSystemFonts,
  fontFiles: [...own.files],
  defaultFontFamily: FONT_FAMILY,
  sansSerifFamily: FONT_FAMILY,
});

type Renderer = typeof import('@resvg/resvg-js');

async function renderer(): Promise<Renderer> {
  try {
    return await import('@resvg/resvg-js');
  } catch (error) {
    throw new UsageError(
      `a PNG file, but @resvg/resvg-js cannot be loaded (${(error as Error).message.split('\n')[0]})`,
      'the optional package that draws PNG',
      'Install it (npm install @resvg/resvg-js), or write .svg or .html.',
    );
  }
}

/** Letters and symbols of a drawing's text, each once; what combines with others is not looked at. */
function lettersOf(svg: string): string[] {
  const shown = svg.replace(/<title>[^<]*<\/title>/g, '').replace(/<[^>]*>/g, '');
  return [...new Set(shown)].filter((letter) => /[\p{L}\p{N}\p{S}\p{P}]/u.test(letter));
}

/** Nobody's character: what is drawn for it is drawn for all that no font has. */
const NOBODY = '\u{10fffe}';
const CELL = 40;

/** Those of the letters that look like no letter at all. */
function missingOf(
  letters: readonly string[],
  font: ResvgRenderOptions['font'],
  Resvg: Renderer['Resvg'],
): string[] {
  const looks = [NOBODY, ...letters].map((letter) => {
    const text = `<text x="8" y="29" font-size="24" font-family="${FONT_FAMILY}">${letter}</text>`;
    return `${text}`;
  });
  const cells = looks.map((text, i) => `<g transform="translate(0 ${CELL * i})">${text}</g>`);
  const sheet = `<svg xmlns="http://www.w3.org/2000/svg" width="${CELL}" height="${CELL * cells.length}">${cells.join('')}</svg>`;
  const { pixels } = new Resvg(sheet, { font }).render();
  const size = 4 * CELL * CELL;
  const cellOf = (i: number) => Buffer.from(pixels.subarray(size * i, size * (i + 1)));
  const nothing = cellOf(0);
  return letters.filter((_, i) => cellOf(i + 1).equals(nothing));
}
