import { loadPicture } from '../../data/pictures/pictures.node.ts';
import { DataError, UsageError } from '../../errors.ts';
import { pictureSvg } from '../../plots/index.ts';
import { openRuntime } from '../../runtime/index.ts';
import { END } from '../../tasks/translator.ts';
import { log, type RuntimeFlags } from '../console.ts';
import { checkFigureFlags, type FigureFlags, writeFigures } from '../figure.ts';
import { openCaptioner, readPicture } from './open.ts';

/** Pixels of the longer side of what is drawn, about. */
const DRAWN = 200;

/** `heed inspect` of a model of captions: where on the picture it looked for each word of its caption, or of a given one. */
export async function inspectPicture(
  model: string,
  options: RuntimeFlags &
    FigureFlags & {
      readonly picture?: string;
      readonly target?: string;
      readonly beam?: number;
    },
): Promise<void> {
  const { picture: file, target, beam, out: path } = options;
  if (file === undefined) {
    throw new UsageError(
      'no --picture with a model of captions',
      '--picture FILE',
      'Name a PNG or JPEG file.',
    );
  }
  checkFigureFlags(options, { terminal: false });
  if (target !== undefined && (beam !== undefined || target.trim() === '')) {
    throw new UsageError(
      beam === undefined ? 'an empty --target' : '--beam with --target',
      beam === undefined ? 'what is to be said of the picture' : 'a given caption, or a search',
      'Leave one out.',
    );
  }
  const shown = await readPicture(file);
  const backend = await openRuntime({ ...options, onFallback: log });
  const { captioner, recipe } = await openCaptioner(model, backend);
  try {
    if (!captioner.attends) {
      throw new UsageError(
        `${model}, a model without attention (context: ${recipe.model.attention})`,
        'a model that attends',
        "Train one, or use 'heed predict' for its captions.",
      );
    }
    const [found] =
      target === undefined
        ? (await captioner.describe([shown], { beam }))[0]
        : await captioner.align([{ ...shown, caption: target }]);
    const tokens = [...found.tokens, ...(found.finished ? [END] : [])];
    if (found.tokens.length === 0) {
      throw new DataError(
        `${file}, of which the model says nothing`,
        'a picture that it has words for',
        'Give the words with --target.',
      );
    }
    const { width, height, fit } = recipe.picture;
    // As the model sees it, cut in the same way, but larger.
    const larger = Math.max(1, Math.floor(DRAWN / Math.max(width, height)));
    const picture = await loadPicture(shown.picture, larger * width, larger * height, { name: file, fit });
    const svg = pictureSvg({
      tokens,
      weights: (found.attention ?? []).slice(0, tokens.length),
      grid: found.grid,
      centres: found.centres,
      picture,
      title: found.text,
    });
    await writeFigures(options, [{ svg, caption: found.text }], found.text);
    log(`${found.text}\nlog-probability ${found.logProb.toFixed(3)}\n${path}: ${tokens.length} tokens`);
  } finally {
    await captioner.dispose();
  }
}
