import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaptionedPicture } from '../../data/pictures/index.ts';
import { writeFileAtomic } from '../../formats/atomic.node.ts';
import type { CaptionRecipe } from '../../formats/index.ts';
import type { Backend } from '../../runtime/index.ts';
import type { Caption } from '../../tasks/captionsCaptioner.ts';
import { pixelsFor } from '../../tasks/captionsExamples.ts';
import {
  captionSample,
  keptPicture,
  type ShownPicture,
  shownCaption,
  shownPictures,
} from '../../tasks/captionsSamples.ts';
import { type CaptionScores, captionScores } from '../../tasks/captionsScores.ts';
import type { Sample } from '../../training/index.ts';
import { log } from '../console.ts';
import { worstOf } from '../report/examples.ts';
import { examplesFile, jsonLines } from '../report/history.ts';
import { versions } from '../versions.ts';
import { load, openCaptioner } from './open.ts';
import { captionRanking } from './report.ts';

export interface CaptionEvaluation {
  readonly metrics: CaptionScores;
  readonly hypotheses: readonly string[];
  readonly pictures: readonly string[];
  /** the same with what was right, the pictures of the worst, and maps of some */
  readonly samples: readonly Sample[];
  /** captions that they are compared with, in all */
  readonly references: number;
  /** at which the model was saved */
  readonly steps: readonly number[];
  readonly parameters: number;
  /** a picture, decoding of its file included, after the model was compiled */
  readonly secondsPerPicture: number;
  /** as it was searched */
  readonly decoding: Readonly<Record<string, unknown>>;
}

/** Pictures in memory at a time. */
const CHUNK = 64;

/**
 * Describes test pictures with a run's best checkpoint and measures.
 *
 * @param options.beam default: as in the recipe
 */
export async function evaluateCaptions(
  directory: string,
  test: readonly CaptionedPicture[],
  backend: Backend,
  { beam }: { readonly beam?: number } = {},
): Promise<CaptionEvaluation> {
  const { captioner, recipe, codecs, step, parameters } = await openCaptioner(directory, backend);
  try {
    const said: Caption[] = [];
    let spent = 0;
    for (let at = 0; at < test.length; at += CHUNK) {
      const files = [];
      for (const { id, picture } of test.slice(at, at + CHUNK)) {
        files.push({ name: id, picture: await picture() });
      }
      // What a model needs once, its compilation, is not what a picture takes.
      if (at === 0) await captioner.describe(files.slice(0, 1), { beam });
      const begun = performance.now();
      const found = await captioner.describe(files, { beam });
      spent += (performance.now() - begun) / 1000;
      said.push(...found.map(([best]) => best));
    }
    const references = test.map(({ captions }) => captions);
    const hypotheses = said.map(({ text }) => text);
    const samples = test.map((captioned, i) => captionSample(captioned, said[i], codecs));
    return {
      metrics: captionScores(hypotheses, references, codecs),
      hypotheses,
      pictures: test.map(({ id }) => id),
      samples: await withPictures(samples, test, said, recipe),
      references: references.flat().length,
      steps: [step],
      parameters,
      secondsPerPicture: spent / test.length,
      decoding: { ...recipe.decoding, beam: beam ?? recipe.decoding.beam },
    };
  } finally {
    await captioner.dispose();
  }
}

/** Test captions whose maps are kept. */
const SHOWN = 4;
/** Pixels of the longer side of the pictures that are told of in a table. */
const SMALL = 64;

/** Adds the pictures that the report shows, those of the worst captions small. */
async function withPictures(
  samples: readonly Sample[],
  test: readonly CaptionedPicture[],
  said: readonly Caption[],
  { picture: settings }: CaptionRecipe,
): Promise<Sample[]> {
  const mapped = new Set(
    shownPictures(
      test.map(({ captions }) => captions),
      SHOWN,
    ),
  );
  const worst = new Set(worstOf(samples, captionRanking).map(({ sample }) => sample));
  const all: Sample[] = [];
  for (const [i, sample] of samples.entries()) {
    if (!mapped.has(i) && !worst.has(sample)) {
      all.push(sample);
      continue;
    }
    const { id } = test[i];
    const pixels = await pixelsFor(await test[i].picture(), settings, id, load);
    const picture: ShownPicture = keptPicture(pixels, settings, mapped.has(i) ? undefined : SMALL);
    all.push({ ...sample, shown: { ...picture, ...(mapped.has(i) && shownCaption(said[i])) } });
  }
  return all;
}

/** Leaves results.json, hypotheses.txt and test.jsonl in the run directory, and says the figures. */
export async function writeCaptionResults(
  directory: string,
  { hypotheses, pictures, samples, ...evaluation }: CaptionEvaluation,
  training: { trainingSeconds: number; backend: string },
): Promise<void> {
  const recipe = await readFile(join(directory, 'recipe.yaml'), 'utf8');
  const results = {
    ...evaluation,
    pictures: pictures.length,
    ...training,
    versions: versions(),
    recipe,
  };
  await writeFileAtomic(join(directory, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  await writeFileAtomic(join(directory, examplesFile('test')), jsonLines(samples));
  await writeFileAtomic(join(directory, 'hypotheses.txt'), hypotheses.map((h) => `${h}\n`).join(''));
  const { exactMatch, bleu1, bleu, cider } = evaluation.metrics;
  log(
    `test: ${(100 * exactMatch).toFixed(1)} % of ${pictures.length} exactly right, BLEU-1 ${bleu1.toFixed(1)}, ` +
      `BLEU-4 ${bleu.toFixed(1)}${cider === undefined ? '' : `, CIDEr ${cider.toFixed(1)}`} (beam ${evaluation.decoding.beam})`,
  );
}
