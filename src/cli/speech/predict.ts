import { readFile } from 'node:fs/promises';
import { decodeWav } from '../../data/audio/index.ts';
import { UNK } from '../../data/vocabulary.ts';
import { DataError, UsageError } from '../../errors.ts';
import { openRuntime } from '../../runtime/index.ts';
import type { NamedSound, RecognitionOptions, Transcription } from '../../tasks/recognizer.ts';
import type { SpeechCodecs } from '../../tasks/speechModel.ts';
import { END } from '../../tasks/translator.ts';
import { log, type RuntimeFlags } from '../console.ts';
import { readInputLines } from '../input.ts';
import { checkOutputs, type LineOutput, openLines } from '../lines.ts';
import { flagOf } from '../translation/decodingFlags.ts';
import { openRecognizer } from './open.ts';
import { SPEECH_SEARCH_FLAGS, type SpeechSearchFlags, speechSearch } from './search.ts';

export interface PredictSpeechFlags extends RuntimeFlags, SpeechSearchFlags {
  readonly input?: string;
  readonly output?: string;
  readonly attention?: string;
  readonly json?: boolean;
  readonly beam?: number;
  readonly nBest?: number;
  readonly lengthPenalty?: number;
  readonly maxLength?: number;
  readonly target?: string;
}

/** Files recognised before their transcripts are written. */
const CHUNK = 16;

/** `heed predict` with a model of speech: one line a WAV file, its transcript, or how probable a given one is. */
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
  const targets = flags.target === undefined ? undefined : await readTranscripts(flags.target, paths, flags);
  const backend = await openRuntime({ ...flags, onFallback: log });
  const { recognizer, recipe, codecs } = await openRecognizer(model, backend);
  const outputs: LineOutput[] = [];
  try {
    const options = targets ? {} : await searchOptions(model, { recipe, codecs }, flags);
    if (!recognizer.attends) refuseDecoderFlags(flags, recipe.model.type);
    if (flags.attention !== undefined && !recognizer.attends) {
      throw new UsageError(
        `--attention, but ${recipe.model.type} has none`,
        'a model that attends',
        'Leave it out; --json tells when each token was heard.',
      );
    }
    if (targets) logUnknown(targets, codecs);
    const lines = await openLines(flags.output ?? '-');
    outputs.push(lines);
    const attention = flags.attention === undefined ? undefined : await openLines(flags.attention);
    if (attention) outputs.push(attention);
    for (let at = 0; at < paths.length; at += CHUNK) {
      const sounds: NamedSound[] = [];
      for (const path of paths.slice(at, at + CHUNK)) sounds.push(await readSound(path));
      const heard = targets
        ? (await recognizer.align(sounds.map((sound, i) => ({ ...sound, target: targets[at + i] })))).map(
            (found) => [found],
          )
        : await recognizer.recognize(sounds, options);
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
  run: Parameters<typeof speechSearch>[1],
  flags: PredictSpeechFlags,
): Promise<RecognitionOptions> {
  const { nBest, lengthPenalty, maxLength } = flags;
  const beam = flags.beam ?? Math.max(run.recipe.decoding.beam, nBest ?? 1);
  const { options } = await speechSearch(model, run, flags);
  return { ...options, beam, nBest, lengthPenalty, maxLength };
}

/** One line a file; blank where nothing is said. */
async function readTranscripts(
  path: string,
  files: readonly string[],
  flags: PredictSpeechFlags,
): Promise<string[]> {
  const search = ['beam', 'nBest', 'lengthPenalty', 'maxLength', ...SPEECH_SEARCH_FLAGS] as const;
  const given = search.filter((name) => flags[name] !== undefined);
  if (given.length > 0) {
    throw new UsageError(
      `${given.map((name) => (flags[name] === false ? flagOf(name).replace('--', '--no-') : flagOf(name))).join(' and ')} with --target`,
      'given transcripts, which are scored as they are, or a search',
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
    `${path}: ${targets.length} transcripts for ${files.length} sounds`,
    'one line a sound',
    'Check that they belong together.',
  );
}

function logUnknown(targets: readonly string[], { target }: SpeechCodecs): void {
  const unknown = targets.reduce(
    (sum, text) => sum + target.encode(text).filter((id) => id === UNK).length,
    0,
  );
  if (unknown > 0) log(`heed: ${unknown} target ${unknown === 1 ? 'token' : 'tokens'} scored as unknown`);
}

function shown(
  file: string,
  found: readonly Transcription[],
  { json, nBest = 1, target }: PredictSpeechFlags,
): string[] {
  if (json) return found.map((t) => JSON.stringify(record(file, t)));
  if (target !== undefined) return found.map((t) => t.logProb.toFixed(4));
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
  ...(t.words && {
    wordSpans: t.words.map(({ word, from, to }) => ({ word, from: rounded(3)(from), to: rounded(3)(to) })),
  }),
  ...(t.attention && {
    frameSeconds: t.frameSeconds,
    attention: t.attention.map((row) => Array.from(row, rounded(4))),
  }),
});
