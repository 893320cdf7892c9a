import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeWav } from '../data/audio/index.ts';
import { transcriptOverlap } from '../data/speech/split.ts';
import { soundOf, type Utterance } from '../data/speech/utterance.ts';
import { normalizeText } from '../data/tokenizer.ts';
import { writeFileAtomic } from '../formats/atomic.node.ts';
import { alignWords, type EditAlignment } from '../metrics/index.ts';
import type { Backend } from '../runtime/index.ts';
import type { RecognitionOptions } from '../tasks/recognizer.ts';
import { errorRates } from '../tasks/speech.ts';
import { log } from './console.ts';
import { languageModelOf, openRecognizer } from './runDirectory.ts';
import { versions } from './versions.ts';

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
  /** seconds of computing a second of sound, features included */
  readonly realTimeFactor: number;
  readonly decoding: Readonly<Record<string, unknown>>;
}

export interface SpeechEvaluationOptions {
  /** default: all as the recipe has it, its language model included */
  readonly recognition?: RecognitionOptions;
  /** the recipe's language model is left out; default false */
  readonly noLanguageModel?: boolean;
  /** of the training, to tell what the test repeats */
  readonly transcripts?: readonly string[];
}

/** Sounds recognised together in memory at a time. */
const CHUNK = 64;

/** Recognises test utterances with a run's best checkpoint and measures. */
export async function evaluateSpeech(
  directory: string,
  test: readonly Utterance[],
  backend: Backend,
  { recognition = {}, noLanguageModel = false, transcripts }: SpeechEvaluationOptions = {},
): Promise<SpeechEvaluation> {
  const { recognizer, recipe, codecs, step, parameters } = await openRecognizer(directory, backend);
  try {
    const own = noLanguageModel ? undefined : await languageModelOf(directory, recipe);
    const languageModel = recognition.languageModel ?? own;
    const options = { ...recognition, ...(languageModel && { languageModel }) };
    const hypotheses: string[] = [];
    let seconds = 0;
    let spent = 0;
    for (let at = 0; at < test.length; at += CHUNK) {
      const sounds = [];
      for (const utterance of test.slice(at, at + CHUNK)) {
        sounds.push({ ...(await soundOf(utterance, decodeWav)), name: utterance.id });
      }
      const begun = performance.now();
      const heard = await recognizer.recognize(sounds, options);
      spent += (performance.now() - begun) / 1000;
      hypotheses.push(...heard.map(([best]) => best.text));
      seconds += sounds.reduce((sum, { samples, sampleRate }) => sum + samples.length / sampleRate, 0);
    }
    // As the model could write them; the metrics do the same.
    const references = test.map(({ text }) => normalizeText(text, codecs.target.tokenizer.lowercase));
    const { languageModel: asked, ...decoding } = recipe.decoding;
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
        ...decoding,
        beam: recognition.beam ?? decoding.beam,
        ...(recognition.ctcWeight !== undefined && { ctcWeight: recognition.ctcWeight }),
        languageModel: languageModel
          ? {
              ...(asked?.order !== undefined && { order: asked.order }),
              unit: languageModel.unit,
              weight: languageModel.weight,
              bonus: languageModel.bonus,
            }
          : null,
      },
    };
  } finally {
    await recognizer.dispose();
  }
}

/** Leaves results.json and hypotheses.txt in the run directory, and says the figures. */
export async function writeSpeechResults(
  directory: string,
  { hypotheses, references: _, utterances: __, edits: ___, ...evaluation }: SpeechEvaluation,
  training: { trainingSeconds: number; backend: string },
): Promise<void> {
  const recipe = await readFile(join(directory, 'recipe.yaml'), 'utf8');
  const results = { ...evaluation, ...training, versions: versions(), recipe };
  await writeFileAtomic(join(directory, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  await writeFileAtomic(join(directory, 'hypotheses.txt'), hypotheses.map((h) => `${h}\n`).join(''));
  const { wer, cer, exactMatch } = evaluation.metrics;
  log(
    `test: word error rate ${wer.toFixed(2)} %, character error rate ${cer.toFixed(2)} %, ` +
      `${(100 * exactMatch).toFixed(1)} % of ${hypotheses.length} right (beam ${evaluation.decoding.beam}` +
      `${evaluation.decoding.languageModel ? ', with its language model' : ''})`,
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
