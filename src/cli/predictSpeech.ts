import { readFile } from 'node:fs/promises';
import { decodeWav } from '../data/audio/index.ts';
import { DataError, UsageError } from '../errors.ts';
import { openRuntime } from '../runtime/index.ts';
import type { NamedSound, RecognitionOptions, Transcription } from '../tasks/recognizer.ts';
import { END } from '../tasks/translator.ts';
import { log, type RuntimeFlags } from './console.ts';
import { readInputLines } from './input.ts';
import { flagOf } from './predictOptions.ts';
import { checkOutputs, type LineOutput, openLines } from './predictOutput.ts';
import { languageModelOf, openRecognizer } from './runDirectory.ts';

export interface PredictSpeechFlags extends RuntimeFlags {
  readonly input?: string;
  readonly output?: string;
  readonly attention?: string;
  readonly json?: boolean;
  readonly beam?: number;
  readonly nBest?: number;
  readonly lengthPenalty?: number;
  readonly maxLength?: number;
  readonly ctcWeight?: number;
  readonly languageModel?: boolean;
}

/** Files recognised before their transcripts are written. */
const CHUNK = 16;

/** `heed predict` with a model of speech: one line a WAV file. */
export async function predictSpeech(
  model: string,
  files: readonly string[],
  flags: PredictSpeechFlags,
): Promise<void> {
  const paths = await askedFiles(files, flags.input);
  if (flags.attention === '-') {
    throw new UsageError(
      '--attention - for sound',
      'a file for the attention',
      "Name one, or draw it with 'heed inspect MODEL --audio FILE.wav --out map.svg'.",
    );
  }
  checkOutputs(flags);
  const backend = await openRuntime({ ...flags, onFallback: log });
  const { recognizer, recipe } = await openRecognizer(model, backend);
  const outputs: LineOutput[] = [];
  try {
    const options = await searchOptions(model, recipe, flags);
    if (!recognizer.attends) refuseDecoderFlags(flags, recipe.model.type);
    if (flags.attention !== undefined && !recognizer.attends) {
      throw new UsageError(
        `--attention, but ${recipe.model.type} has none`,
        'a model that attends',
        'Leave it out; --json tells when each token was heard.',
      );
    }
    const lines = await openLines(flags.output ?? '-');
    outputs.push(lines);
    const attention = flags.attention === undefined ? undefined : await openLines(flags.attention);
    if (attention) outputs.push(attention);
    for (let at = 0; at < paths.length; at += CHUNK) {
      const sounds: NamedSound[] = [];
      for (const path of paths.slice(at, at + CHUNK)) sounds.push(await readSound(path));
      const heard = await recognizer.recognize(sounds, options);
      await lines.write(heard.flatMap((found, i) => shown(sounds[i].name, found, flags)));
      await attention?.write(
        heard.flatMap((found, i) => found.map((t) => JSON.stringify(record(sounds[i].name, t)))),
      );
    }
    for (const output of outputs) await output.finish();
  } finally {
    for (const output of outputs) await output.discard();
    await recognizer.dispose();
  }
}

/** @throws DataError, with the path, for a file that is not there or is no WAV file */
export async function readSound(path: string): Promise<NamedSound> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(`${path}, which cannot be read (${error.code})`, 'a WAV file', 'Check the path.');
  });
  return { ...decodeWav(bytes, { name: path }), name: path };
}

async function askedFiles(files: readonly string[], input: string | undefined): Promise<string[]> {
  if (input !== undefined && files.length > 0) {
    throw new UsageError('files and --input', 'one of them', 'Leave one out.');
  }
  const paths =
    input === undefined ? [...files] : (await readInputLines(input)).filter((line) => line.trim());
  if (paths.length > 0) return paths;
  throw new UsageError(
    'no sound',
    'WAV files as arguments, or --input FILE with one path a line',
    'Other formats have to be converted to WAV first.',
  );
}

/** CTC writes what the frames say, as long as they say something. */
function refuseDecoderFlags(flags: PredictSpeechFlags, type: string): void {
  for (const name of ['lengthPenalty', 'maxLength'] as const) {
    if (flags[name] === undefined) continue;
    throw new UsageError(
      `${flagOf(name)} with a model of type ${type}`,
      'a model with a decoder',
      'Leave it out.',
    );
  }
}

async function searchOptions(
  model: string,
  recipe: Parameters<typeof languageModelOf>[1],
  flags: PredictSpeechFlags,
): Promise<RecognitionOptions> {
  const { nBest, lengthPenalty, maxLength, ctcWeight } = flags;
  const beam = flags.beam ?? Math.max(recipe.decoding.beam, nBest ?? 1);
  const languageModel = (flags.languageModel ?? true) ? await languageModelOf(model, recipe) : undefined;
  return { beam, nBest, lengthPenalty, maxLength, ctcWeight, ...(languageModel && { languageModel }) };
}

function shown(
  file: string,
  found: readonly Transcription[],
  { json, nBest = 1 }: PredictSpeechFlags,
): string[] {
  if (json) return found.map((t) => JSON.stringify(record(file, t)));
  return found.map((t) => (nBest > 1 ? `${t.score.toFixed(4)}\t${t.text}` : t.text));
}

const rounded = (digits: number) => (value: number) => Math.round(value * 10 ** digits) / 10 ** digits;

const record = (file: string, t: Transcription) => ({
  file,
  transcript: t.text,
  score: t.score,
  logProb: t.logProb,
  finished: t.finished,
  tokens: [...t.tokens, ...(t.attention && t.finished ? [END] : [])],
  ...(t.spans && { spans: t.spans.map(({ from, to }) => [rounded(3)(from), rounded(3)(to)]) }),
  ...(t.attention && {
    frameSeconds: t.frameSeconds,
    attention: t.attention.map((row) => Array.from(row, rounded(4))),
  }),
});
