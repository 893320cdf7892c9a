import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeWav } from '../../data/audio/index.ts';
import { transcriptOverlap } from '../../data/speech/split.ts';
import { soundOf, type Utterance } from '../../data/speech/utterance.ts';
import { normalizeText } from '../../data/tokenizer.ts';
import { writeFileAtomic } from '../../formats/atomic.node.ts';
import { alignWords, type EditAlignment } from '../../metrics/index.ts';
import type { Backend } from '../../runtime/index.ts';
import { errorRates } from '../../tasks/speech.ts';
import { speakerStatistics } from '../../tasks/speechSounds.ts';
import type { Sample } from '../../training/index.ts';
import { log } from '../console.ts';
import { examplesFile, jsonLines } from '../report/history.ts';
import { versions } from '../versions.ts';
import { openRecognizer } from './open.ts';
import { type SpeechSearchFlags, speechSearch } from './search.ts';

export interface SpeechEvaluation {
  /** wer and cer in percent, exactMatch 0 to 1 */
  readonly metrics: Readonly<Record<'wer' | 'cer' | 'exactMatch', number>>;
  readonly hypotheses: readonly string[];
  readonly references: readonly string[];
  readonly utterances: readonly string[];
  /** of the words of each utterance */
  readonly edits: readonly EditAlignment[];
  /** how much of the test the training transcripts tell, where they are at hand */
  readonly overlap?: ReturnType<typeof transcriptOverlap>;
  /** at which the model was saved */
  readonly steps: readonly number[];
  readonly parameters: number;
  /** of sound */
  readonly seconds: number;
  /** seconds of computing a second of sound, features included; compilation and statistics of speakers are not */
  readonly realTimeFactor: number;
  /** as it was searched: beam, weights, language model and lexicon; null for none */
  readonly decoding: Readonly<Record<string, unknown>>;
}

export interface SpeechEvaluationOptions {
  /** default: as in the recipe */
  readonly beam?: number;
  /** default: all as the recipe has it, its language model and lexicon included */
  readonly search?: SpeechSearchFlags;
  /** of the training, to tell what the test repeats */
  readonly transcripts?: readonly string[];
}

/** Sounds recognised together in memory at a time. */
const CHUNK = 64;

/**
 * Recognises test utterances with a run's best checkpoint and measures. A model normalised by speaker is tested so: all
 * that a speaker of the test says is looked through first.
 */
export async function evaluateSpeech(
  directory: string,
  test: readonly Utterance[],
  backend: Backend,
  { beam, search = {}, transcripts }: SpeechEvaluationOptions = {},
): Promise<SpeechEvaluation> {
  const { recognizer, recipe, codecs, step, parameters } = await openRecognizer(directory, backend);
  try {
    const { options: asked, described } = await speechSearch(directory, { recipe, codecs }, search);
    const options = { ...asked, ...(beam !== undefined && { beam }) };
    const bySpeaker = recipe.features.normalise === 'speaker';
    const statistics = bySpeaker ? await speakerStatistics(test, recipe) : [];
    const hypotheses: string[] = [];
    let seconds = 0;
    let spent = 0;
    for (let at = 0; at < test.length; at += CHUNK) {
      const sounds = [];
      for (const utterance of test.slice(at, at + CHUNK)) {
        sounds.push({ ...(await soundOf(utterance, decodeWav)), name: utterance.id });
      }
      // What a model needs once, its compilation, is not what a second of sound takes.
      if (at === 0) await recognizer.recognize(sounds.slice(0, 1), options);
      const begun = performance.now();
      const heard = await recognizer.recognize(sounds, options, statistics.slice(at, at + CHUNK));
      spent += (performance.now() - begun) / 1000;
      hypotheses.push(...heard.map(([best]) => best.text));
      seconds += sounds.reduce((sum, { samples, sampleRate }) => sum + samples.length / sampleRate, 0);
    }
    // As the model could write them; the metrics do the same.
    const references = test.map(({ text }) => normalizeText(text, codecs.target.tokenizer.lowercase));
    const ctcWeight = recognizer.ctcWeightOf(options);
    return {
      metrics: errorRates(hypotheses, references, codecs),
      hypotheses,
      references,
      utterances: test.map(({ id }) => id),
      edits: hypotheses.map((hypothesis, i) => alignWords(hypothesis, [references[i]])),
      ...(transcripts && {
        overlap: transcriptOverlap(
          transcripts.map((text) => ({ text })),
          test,
        ),
      }),
      steps: [step],
      parameters,
      seconds,
      realTimeFactor: spent / seconds,
      decoding: {
        ...recipe.decoding,
        beam: beam ?? recipe.decoding.beam,
        ...(ctcWeight !== undefined && { ctcWeight }),
        ...described,
      },
    };
  } finally {
    await recognizer.dispose();
  }
}

/** Leaves results.json, hypotheses.txt and test.jsonl in the run directory, and says the figures. */
export async function writeSpeechResults(
  directory: string,
  { hypotheses, references, utterances, edits: _, ...evaluation }: SpeechEvaluation,
  training: { trainingSeconds: number; backend: string },
): Promise<void> {
  const recipe = await readFile(join(directory, 'recipe.yaml'), 'utf8');
  const results = { ...evaluation, ...training, versions: versions(), recipe };
  await writeFileAtomic(join(directory, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  const samples = hypotheses.map(
    (output, i): Sample => ({
      source: utterances[i],
      references: [references[i]],
      output,
    }),
  );
  await writeFileAtomic(join(directory, examplesFile('test')), jsonLines(samples));
  await writeFileAtomic(join(directory, 'hypotheses.txt'), hypotheses.map((h) => `${h}\n`).join(''));
  const { wer, cer, exactMatch } = evaluation.metrics;
  log(
    `test: word error rate ${wer.toFixed(2)} %, character error rate ${cer.toFixed(2)} %, ` +
      `${(100 * exactMatch).toFixed(1)} % of ${hypotheses.length} right (beam ${evaluation.decoding.beam}` +
      `${evaluation.decoding.languageModel ? ', with its language model' : ''}` +
      `${evaluation.decoding.lexicon ? ', with its lexicon' : ''})`,
  );
}

/** Reference over hypothesis, word under word: S substitution, D deletion, I insertion. */
export function editsShown({ operations }: EditAlignment): string[] {
  const columns = operations.map(({ kind, reference, hypothesis }) => {
    const [above, below] = [reference ?? '', hypothesis ?? ''];
    const mark = { hit: '', substitution: 'S', deletion: 'D', insertion: 'I' }[kind];
    const width = Math.max([...above].length, [...below].length, 1);
    const filled = (text: string, by: string) => text + by.repeat(width - [...text].length);
    return [
      filled(above, reference === null ? '*' : ' '),
      filled(below, hypothesis === null ? '*' : ' '),
      filled(mark, ' '),
    ];
  });
  return [0, 1, 2].map((line) =>
    `${['ref', 'hyp', '   '][line]}  ${columns.map((column) => column[line]).join(' ')}`.trimEnd(),
  );
}
