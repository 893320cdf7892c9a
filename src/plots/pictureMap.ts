import { DataError, ShapeError } from '../errors.ts';

/** Where on a picture a captioner looked: one row of weights a token. */
export interface PictureMap {
  /** T tokens. */
  tokens: readonly string[];
  /** `[T][rows × columns]`, by rows from the top, 0 to 1; rows sum to 1. */
  weights: readonly ArrayLike<number>[];
  /** Into what the picture is divided. */
  grid: readonly [rows: number, columns: number];
  /** Where these have their middles, from 0 (top, left) to 1, evenly spaced; default: in equal parts of the picture. */
  centres?: readonly [rows: readonly number[], columns: readonly number[]];
  /** The picture as the model sees it, at any resolution: red, green and blue of each pixel, rows from the top. */
  picture: { readonly width: number; readonly height: number; readonly data: Uint8Array };
  title?: string;
}

/** @throws DataError when there are no tokens, no pixels, or weights that are no numbers of 0 or more; ShapeError when sizes do not fit */
export function checkPictureMap({
  tokens,
  weights,
  grid: [rows, columns],
  centres,
  picture,
}: PictureMap): void {
  if (tokens.length === 0) {
    throw new DataError('a picture map of 0 tokens', 'at least one', 'Skip captions without a word.');
  }
  const { width, height, data } = picture;
  if (!(width >= 1 && height >= 1 && data.length === 3 * width * height)) {
    throw new DataError(
      `a picture of ${width}×${height} pixels in ${data.length} bytes`,
      'at least one pixel, and three bytes for each',
      'Give red, green and blue alone, rows from the top.',
    );
  }
  const cells = rows * columns;
  const wrong = weights.findIndex((row) => row.length !== cells);
  if (cells < 1 || weights.length !== tokens.length || wrong >= 0) {
    throw new ShapeError(
      wrong >= 0
        ? `Row ${wrong} of ${weights[wrong].length} attention weights`
        : `${weights.length} rows of attention weights on a grid of ${rows} × ${columns}`,
      `[T][rows × columns] = [${tokens.length}][${cells}]`,
      'Give one row per token (EOS too, if it has a label), over the grid of the model.',
    );
  }
  if (centres && (centres[0].length !== rows || centres[1].length !== columns)) {
    throw new ShapeError(
      `centres of ${centres[0].length} rows and ${centres[1].length} columns`,
      `as many as the grid has, ${rows} and ${columns}`,
      'Take both of one model.',
    );
  }
  for (const [t, row] of weights.entries()) {
    const at = Array.from(row).findIndex((weight) => !(Number.isFinite(weight) && weight >= 0));
    if (at < 0) continue;
    throw new DataError(
      `An attention weight of ${row[at]} at token ${t}, place ${at}`,
      'numbers from 0 to 1',
      'Look for weights of the model that are not numbers.',
    );
  }
}
