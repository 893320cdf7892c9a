import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pair } from '../data/corpus.ts';
import { writeFileAtomic } from '../formats/atomic.node.ts';
import type { Recipe } from '../formats/index.ts';
import { bleu, bleuByLength, exactMatch } from '../metrics/index.ts';
import type { Backend } from '../runtime/index.ts';
import { referencesOf } from '../tasks/translation.ts';
import { log } from './console.ts';
import { openModel } from './runDirectory.ts';
import { versions } from './versions.ts';

export interface Evaluation {
  readonly metrics: Readonly<Record<string, number>>;
  readonly signature: string;
  readonly byLength: readonly {
    readonly from: number;
    readonly to: number;
    readonly sentences: number;
    readonly bleu: number;
  }[];
  readonly hypotheses: readonly string[];
  readonly step: number;
  readonly parameters: number;
  readonly sentencesPerSecond: number;
  readonly decoding: { readonly beam: number; readonly lengthPenalty: number; readonly maxLength: number };
}

/** Translates the sources of test pairs with a run's best checkpoint and measures against their targets. */
export async function evaluateModel(
  directory: string,
  pairs: readonly Pair[],
  backend: Backend,
  decoding: Recipe['decoding'],
): Promise<Evaluation> {
  const { translator, codecs, step, parameters } = await openModel(directory, backend);
  try {
    const begun = performance.now();
    const found = await translator.translate(
      pairs.map((p) => p.source),
      decoding,
    );
    const seconds = (performance.now() - begun) / 1000;
    const hypotheses = found.map(([best]) => best.text);
    const { references, lowercase } = referencesOf(pairs, codecs);
    const lengths = pairs.map((p) => codecs.source.tokens(p.source).length);
    const whole = bleu(hypotheses, [references], { lowercase });
    const byLength = bleuByLength(hypotheses, [references], lengths, { lowercase });
    return {
      metrics: { bleu: whole.score, exactMatch: exactMatch(hypotheses, references).rate },
      signature: whole.signature,
      byLength: byLength.map(({ from, to, sentences, bleu: b }) => ({ from, to, sentences, bleu: b.score })),
      hypotheses,
      step,
      parameters,
      sentencesPerSecond: pairs.length / seconds,
      decoding,
    };
  } finally {
    await translator.dispose();
  }
}

/** Leaves results.json and hypotheses.txt in the run directory, and says the figures. */
export async function writeResults(
  directory: string,
  { hypotheses, ...evaluation }: Evaluation,
  training: { trainingSeconds: number; backend: string },
): Promise<void> {
  const recipe = await readFile(join(directory, 'recipe.yaml'), 'utf8');
  const results = { ...evaluation, ...training, versions: versions(), recipe };
  await writeFileAtomic(join(directory, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  await writeFileAtomic(join(directory, 'hypotheses.txt'), hypotheses.map((h) => `${h}\n`).join(''));
  const { bleu: score, exactMatch: rate } = evaluation.metrics;
  log(
    `test: BLEU ${score.toFixed(2)}, exact match ${(100 * rate).toFixed(1)} % of ${hypotheses.length} (beam ${evaluation.decoding.beam})`,
  );
}
