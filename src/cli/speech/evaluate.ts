import { findCorpusFile } from '../../data/download.node.ts';
import { readManifestFile } from '../../data/speech/manifest.node.ts';
import { UsageError } from '../../errors.ts';
import { writeFileAtomic } from '../../formats/atomic.node.ts';
import { openRuntime } from '../../runtime/index.ts';
import { log, out, type RuntimeFlags } from '../console.ts';
import { readRunOf } from '../runDirectory.ts';
import { loadUtterances } from './data.ts';
import { editsShown, evaluateSpeech } from './evaluation.ts';
import type { SpeechSearchFlags } from './search.ts';

interface EvaluateOptions extends RuntimeFlags, SpeechSearchFlags {
  readonly input?: string;
  readonly beam?: number;
  readonly hypotheses?: string;
  readonly json?: boolean;
  readonly edits?: string;
}

/** `heed evaluate` of a model of speech: word and character error rates. */
export async function evaluateRecognizer(model: string, options: EvaluateOptions): Promise<void> {
  const { recipe } = await readRunOf(model, 'speech', 'a model that recognises speech');
  const { input, beam, edits, json, hypotheses: path } = options;
  if (json && edits === '-') {
    throw new UsageError(
      '--json with --edits -',
      'JSON, or the edits for reading',
      'Leave one out, or name a file for the edits.',
    );
  }
  const data = input === undefined ? await loadUtterances(recipe.data, recipe.seed) : undefined;
  const test = input === undefined ? data?.test : await readManifestFile(findCorpusFile(input));
  if (!test) {
    throw new UsageError('a recipe without test data', 'utterances to evaluate on', 'Give --input.');
  }
  const backend = await openRuntime({ ...options, onFallback: log });
  const found = await evaluateSpeech(model, test, backend, {
    beam,
    search: options,
    transcripts: data?.train.map(({ text }) => text),
  });
  const { hypotheses, references: _, utterances, edits: alignments, ...figures } = found;
  if (path !== undefined) await writeFileAtomic(path, hypotheses.map((h) => `${h}\n`).join(''));
  const shown = utterances.map((id, i) => [id, ...editsShown(alignments[i]), ''].join('\n'));
  if (edits !== undefined && edits !== '-')
    await writeFileAtomic(edits, shown.map((text) => `${text}\n`).join(''));
  if (json) return out(JSON.stringify({ ...figures, sentences: hypotheses.length }, null, 2));
  if (edits === '-') for (const text of shown) out(text);
  const { wer, cer, exactMatch } = found.metrics;
  out(`word error rate       ${wer.toFixed(2)} %`);
  out(`character error rate  ${cer.toFixed(2)} %`);
  out(`transcripts right     ${(100 * exactMatch).toFixed(1)} % of ${hypotheses.length}`);
  out(
    `real-time factor      ${found.realTimeFactor.toFixed(3)} (seconds of computing a second of sound, after the model was compiled)`,
  );
  if (found.overlap) {
    const { repeated, utterances: count, outOfVocabulary } = found.overlap;
    out(
      `test transcripts in the training  ${repeated} of ${count}; words that are not: ${outOfVocabulary.join(', ') || 'none'}`,
    );
  }
}
