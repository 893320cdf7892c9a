import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../../formats/atomic.node.ts';
import { curveSvg } from '../../../plots/index.ts';
import {
  figureTwo,
  findings,
  type Measured,
  measure,
  type TestSentences,
  tableOne,
  testSentences,
} from '../../../tasks/reproduction.ts';
import { bleuOptions } from '../../../tasks/translation.ts';
import { readTranslationRun } from '../../translation/open.ts';
import { versions } from '../../versions.ts';
import type { LongPairs } from './corpora.ts';
import { REPORT_FILES } from './folder.ts';
import type { ReproductionModel } from './recipe.ts';

/** What a run's results.json says of it, as far as it is passed on. */
interface RunResults {
  readonly parameters: number;
  /** of the checkpoints used: one */
  readonly steps: readonly number[];
  readonly trainingSeconds: number;
  readonly decoding: unknown;
}

export interface ReproductionReport {
  readonly conditions: readonly string[];
  readonly asked: TestSentences;
  readonly vocabularies: { readonly source: number; readonly target: number };
  readonly models: readonly (ReproductionModel & { readonly run: RunResults; readonly measured: Measured })[];
}

/** Measures what the finished runs wrote. */
export async function readReport(
  models: readonly ReproductionModel[],
  data: LongPairs,
  conditions: readonly string[],
): Promise<ReproductionReport> {
  const { codecs, recipe } = await readTranslationRun(models[0].directory);
  const asked = testSentences(data.test, codecs);
  const found = models.map(async (model) => {
    const [hypotheses, results] = await Promise.all(
      ['hypotheses.txt', 'results.json'].map((name) => readFile(join(model.directory, name), 'utf8')),
    );
    const run = JSON.parse(results) as RunResults;
    const lines = hypotheses.split('\n').slice(0, -1);
    return { ...model, run, measured: measure(model, lines, asked, bleuOptions(recipe, codecs)) };
  });
  return {
    conditions,
    asked,
    vocabularies: { source: codecs.source.vocabulary.size, target: codecs.target.vocabulary.size },
    models: await Promise.all(found),
  };
}

/** Leaves table.txt, figure2.svg and results.json in the folder. */
export async function writeReport(
  { conditions, asked, vocabularies, models }: ReproductionReport,
  data: LongPairs,
  { directory, ending, facts }: { directory: string; ending: string; facts: { readonly corpus: string } },
): Promise<{ text: string; json: string; files: string[] }> {
  const measured = models.map((model) => model.measured);
  const said = findings(measured);
  const sections = [conditions, [tableOne(measured, asked)], [figureTwo(measured)], said, [ending]];
  const text = sections.map((lines) => lines.join('\n')).join('\n\n');
  const results = {
    reproduces: 'Bahdanau, Cho, Bengio 2015 (arXiv:1409.0473), Table 1 and Figure 2',
    ...facts,
    corpus: {
      name: facts.corpus,
      description: data.description,
      joined: data.joined,
      train: data.train.length,
      validation: data.validation.length,
      test: data.test.length,
      testWithoutUnknown: asked.isKnown.filter(Boolean).length,
      vocabularies,
    },
    conditions,
    versions: versions(),
    models: models.map((model) => ({
      ...model.measured,
      published: model.published,
      directory: model.directory,
      hypotheses: join(model.directory, 'hypotheses.txt'),
      parameters: model.run.parameters,
      checkpoint: model.run.steps[0],
      trainingSeconds: model.run.trainingSeconds,
      decoding: model.run.decoding,
      recipe: model.recipeText,
    })),
    findings: said,
  };
  const json = JSON.stringify(results, null, 2);
  const contents = [text, figure(measured, data), json];
  const files = REPORT_FILES.map((name) => join(directory, name));
  for (const [i, path] of files.entries()) await writeFileAtomic(path, `${contents[i]}\n`);
  return { text, json, files };
}

function figure(measured: readonly Measured[], data: LongPairs): string {
  const last = Math.max(...measured.flatMap(({ byLength }) => byLength.map(({ to }) => to)));
  return curveSvg({
    title: `BLEU against source length${data.joined ? ' (joined segments)' : ''}`,
    series: measured.map(({ name, byLength }) => ({
      name,
      dashed: name.startsWith('RNNenc'),
      points: byLength.map(({ from, to, bleu }) => [(from + to - 1) / 2, bleu] as const),
    })),
    xLabel: 'source sentence length (words)',
    yLabel: 'BLEU',
    xRange: [0, last],
  });
}
