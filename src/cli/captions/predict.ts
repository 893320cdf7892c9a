import { UNK } from '../../data/vocabulary.ts';
import { DataError, UsageError } from '../../errors.ts';
import { openRuntime } from '../../runtime/index.ts';
import type { Caption, CaptionOptions, NamedPicture } from '../../tasks/captionsCaptioner.ts';
import type { CaptionCodecs } from '../../tasks/captionsModel.ts';
import { END } from '../../tasks/translator.ts';
import { log, type RuntimeFlags } from '../console.ts';
import { readInputLines } from '../input.ts';
import { checkOutputs, type LineOutput, openLines } from '../lines.ts';
import { flagOf } from '../translation/decodingFlags.ts';
import { openCaptioner, readPicture } from './open.ts';

export interface PredictCaptionFlags extends RuntimeFlags {
  readonly input?: string;
  readonly output?: string;
  readonly attention?: string;
  readonly json?: boolean;
  readonly beam?: number;
  readonly nBest?: number;
  readonly lengthPenalty?: number;
  readonly maxLength?: number;
  /** false with `--no-unknown` */
  readonly unknown?: boolean;
  readonly target?: string;
}

/** Files described before their captions are written. */
const CHUNK = 16;

/** `heed predict` with a model of captions: one line a picture, its caption, or how probable a given one is. */
export async function predictCaptions(
  model: string,
  files: readonly string[],
  flags: PredictCaptionFlags,
): Promise<void> {
  const paths = await askedFiles(files, flags.input);
  if (flags.attention === '-') {
    throw new UsageError(
      '--attention - for pictures',
      'a file for the attention',
      "Name one, or draw it with 'heed inspect MODEL --picture FILE --out map.svg'.",
    );
  }
  checkOutputs(flags);
  const targets = flags.target === undefined ? undefined : await readTargets(flags.target, paths, flags);
  const backend = await openRuntime({ ...flags, onFallback: log });
  const { captioner, recipe, codecs } = await openCaptioner(model, backend);
  const outputs: LineOutput[] = [];
  try {
    if (flags.attention !== undefined && !captioner.attends) {
      throw new UsageError(
        `--attention, but the model has none (context: ${recipe.model.attention})`,
        'a model that attends',
        'Leave it out.',
      );
    }
    if (targets) logUnknown(targets, codecs);
    const options = searchOptions(flags, recipe.decoding.beam);
    const lines = await openLines(flags.output ?? '-');
    outputs.push(lines);
    const attention = flags.attention === undefined ? undefined : await openLines(flags.attention);
    if (attention) outputs.push(attention);
    for (let at = 0; at < paths.length; at += CHUNK) {
      const pictures: NamedPicture[] = [];
      for (const path of paths.slice(at, at + CHUNK)) pictures.push(await readPicture(path));
      const found = targets
        ? (
            await captioner.align(pictures.map((picture, i) => ({ ...picture, caption: targets[at + i] })))
          ).map((caption) => [caption])
        : await captioner.describe(pictures, options);
      await lines.write(found.flatMap((captions, i) => shown(pictures[i].name, captions, flags)));
      await attention?.write(
        found.flatMap((captions, i) => captions.map((c) => JSON.stringify(record(pictures[i].name, c)))),
      );
    }
    for (const output of outputs) await output.finish();
  } finally {
    for (const output of outputs) await output.discard();
    await captioner.dispose();
  }
}

async function askedFiles(files: readonly string[], input: string | undefined): Promise<string[]> {
  const paths =
    input === undefined ? [...files] : (await readInputLines(input)).filter((line) => line.trim());
  if (paths.length > 0) return paths;
  throw new UsageError(
    'no picture',
    'PNG or JPEG files as arguments, or --input FILE with one path a line',
    'Other formats are read where the package sharp is installed.',
  );
}

/** Over what the recipe says. */
function searchOptions({ nBest, unknown, ...flags }: PredictCaptionFlags, beam: number): CaptionOptions {
  const { lengthPenalty, maxLength } = flags;
  return {
    beam: flags.beam ?? Math.max(beam, nBest ?? 1),
    nBest,
    lengthPenalty,
    maxLength,
    ...(unknown === false && { noUnknown: true }),
  };
}

/** One caption a picture. */
async function readTargets(
  path: string,
  files: readonly string[],
  flags: PredictCaptionFlags,
): Promise<string[]> {
  const given = (['beam', 'nBest', 'lengthPenalty', 'maxLength'] as const).filter(
    (name) => flags[name] !== undefined,
  );
  const names = [...given, ...(flags.unknown === false ? ['unknown'] : [])];
  if (names.length > 0) {
    throw new UsageError(
      `${names.map(flagOf).join(' and ')} with --target`,
      'given captions, which are scored as they are, or a search',
      'Leave one of the two out.',
    );
  }
  if (path === '-' && flags.input === '-') {
    throw new UsageError(
      '--input - and --target -',
      'one of them from standard input',
      'Put one into a file.',
    );
  }
  const targets = await readInputLines(path);
  if (targets.length === files.length) return targets;
  throw new DataError(
    `${path}: ${targets.length} captions for ${files.length} pictures`,
    'one line a picture',
    'Check that they belong together.',
  );
}

function logUnknown(targets: readonly string[], { target }: CaptionCodecs): void {
  const unknown = targets.reduce(
    (sum, text) => sum + target.encode(text).filter((id) => id === UNK).length,
    0,
  );
  if (unknown > 0) log(`heed: ${unknown} target ${unknown === 1 ? 'token' : 'tokens'} scored as unknown`);
}

function shown(
  file: string,
  found: readonly Caption[],
  { json, nBest = 1, target }: PredictCaptionFlags,
): string[] {
  if (json) return found.map((caption) => JSON.stringify(record(file, caption)));
  if (target !== undefined) return found.map(({ logProb }) => logProb.toFixed(4));
  return found.map(({ score, text }) => (nBest > 1 ? `${score.toFixed(4)}\t${text}` : text));
}

const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;

const record = (file: string, { text, tokens, attention, grid, centres, ...found }: Caption) => ({
  file,
  caption: text,
  score: found.score,
  logProb: found.logProb,
  finished: found.finished,
  tokens: [...tokens, ...(attention && found.finished ? [END] : [])],
  // A row a token, over the places by rows from the top.
  ...(attention && {
    grid,
    centres: centres.map((axis) => axis.map(rounded)),
    attention: attention.map((row) => Array.from(row, rounded)),
  }),
});
