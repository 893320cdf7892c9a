import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pair } from '../../data/corpus.ts';
import { writeFileAtomic } from '../../formats/atomic.node.ts';
import type { TranslationRecipe } from '../../formats/index.ts';
import { bleu, bleuByLength, chrf } from '../../metrics/index.ts';
import type { Backend } from '../../runtime/index.ts';
import { exactMatchRate } from '../../tasks/references.ts';
import { translationSamples } from '../../tasks/samples.ts';
import { askedOf, bleuOptions } from '../../tasks/translation.ts';
import type { Sample } from '../../training/index.ts';
import { log } from '../console.ts';
import { examplesFile, jsonLines } from '../report/history.ts';
import { versions } from '../versions.ts';
import { type EnsembleFlags, openModels } from './ensemble.ts';

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
  /** the same with what was asked, and the attention of some */
  readonly samples: readonly Sample[];
  /** at which each model was saved; several of an ensemble */
  readonly steps: readonly number[];
  readonly parameters: number;
  readonly sentencesPerSecond: number;
  readonly decoding: { readonly beam: number; readonly lengthPenalty: number; readonly maxLength: number };
}

/** Translates the sources of test pairs with a run's best checkpoint (or with several runs) and measures. */
export async function evaluateModel(
  directory: string,
  pairs: readonly Pair[],
  backend: Backend,
  decoding: TranslationRecipe['decoding'],
  ensemble: EnsembleFlags = {},
): Promise<Evaluation> {
  const { translator, recipe, codecs, steps, parameters } = await openModels(directory, ensemble, backend);
  try {
    const { sources, references } = askedOf(recipe, pairs, codecs);
    const begun = performance.now();
    const found = await translator.translate(sources, decoding);
    const seconds = (performance.now() - begun) / 1000;
    const hypotheses = found.map(([best]) => best.text);
    const lengths = sources.map((source) => codecs.source.tokens(source).length);
    const options = bleuOptions(recipe, codecs);
    const whole = bleu(hypotheses, references, options);
    const byLength = bleuByLength(hypotheses, references, lengths, options);
    const { lowercase } = options;
    return {
      metrics: {
        bleu: whole.score,
        chrf: chrf(hypotheses, references, { lowercase }).score,
        exactMatch: exactMatchRate(hypotheses, references),
      },
      signature: whole.signature,
      byLength: byLength.map(({ from, to, sentences, bleu: b }) => ({ from, to, sentences, bleu: b.score })),
      hypotheses,
      samples: translationSamples(
        { sources, references },
        found.map(([best]) => best),
        SHOWN,
      ),
      steps,
      parameters,
      sentencesPerSecond: sources.length / seconds,
      decoding,
    };
  } finally {
    await translator.dispose();
  }
}

/** Test sentences whose maps are kept. */
const SHOWN = 8;

/** Leaves results.json, hypotheses.txt and test.jsonl in the run directory, and says the figures. */
export async function writeResults(
  directory: string,
  { hypotheses, samples, ...evaluation }: Evaluation,
  training: { trainingSeconds: number; backend: string },
): Promise<void> {
  const recipe = await readFile(join(directory, 'recipe.yaml'), 'utf8');
  const results = { ...evaluation, ...training, versions: versions(), recipe };
  await writeFileAtomic(join(directory, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  await writeFileAtomic(join(directory, examplesFile('test')), jsonLines(samples));
  await writeFileAtomic(join(directory, 'hypotheses.txt'), hypotheses.map((h) => `${h}\n`).join(''));
  const { bleu: score, chrf: characters, exactMatch: rate } = evaluation.metrics;
  log(
    `test: BLEU ${score.toFixed(2)}, chrF ${characters.toFixed(2)}, exact match ${(100 * rate).toFixed(1)} % of ${hypotheses.length} (beam ${evaluation.decoding.beam})`,
  );
}
