import { join } from 'node:path';
import { applySettings, parseTranslationRecipe } from '../../../formats/index.ts';
import { COMPARED, type Compared } from '../../../tasks/reproduction.ts';
import { wordsOf } from '../../../tasks/reproductionSegments.ts';
import type { RuntimeFlags } from '../../console.ts';
import type { LongPairs, ReproductionCorpus } from './corpora.ts';

export interface ReproduceOptions extends RuntimeFlags {
  readonly corpus: ReproductionCorpus;
  readonly out: string;
  readonly seed: number;
  readonly steps?: number;
  readonly minutes?: number;
  readonly pairs: number;
  readonly sentences: number;
  readonly set: readonly string[];
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** How long each model is trained unless told otherwise: on the embedded grammar, and on real corpora. */
export const STEPS = 2000;
export const MINUTES = 45;

/** One of the four, and its run. */
export type ReproductionModel = Compared & { readonly recipeText: string; readonly directory: string };

export const reproductionModels = (options: ReproduceOptions): ReproductionModel[] =>
  COMPARED.map((model) => ({
    ...model,
    recipeText: applySettings(recipeOf(model, options), options.set, model.name),
    directory: join(options.out, model.name.toLowerCase()),
  }));

/** One of the four recipes: they differ in the model and in the longest sentence alone. */
function recipeOf(model: Compared, options: ReproduceOptions): string {
  const isEmbedded = options.corpus === 'embedded';
  const steps = options.steps ?? (isEmbedded && !options.minutes ? STEPS : undefined);
  const file = (part: string) => JSON.stringify(join(options.out, 'data', `${part}.tsv`));
  const attention = (size: number) => (model.type === 'rnnsearch' ? `, attention: ${size}` : '');
  const shortlists = isEmbedded ? [900, 1200] : [8000, 8000];
  const sizes = isEmbedded
    ? `embedding: 64, hidden: 192, readout: 64, dropout: 0${attention(64)}`
    : `embedding: 256, hidden: 512, readout: 256, dropout: 0.3${attention(256)}`;
  const warmup = steps && Math.floor(steps / 18);
  const [limit, schedule, validation] = steps
    ? [
        `maxSteps: ${steps}`,
        `{ type: cosine${warmup ? `, warmupSteps: ${warmup}` : ''} }`,
        `{ steps: ${Math.ceil(steps / 4)} }`,
      ]
    : [
        `maxMinutes: ${options.minutes ?? MINUTES}`,
        '{ type: plateau, factor: 0.5, patience: 1 }',
        '{ epochs: 1 }',
      ];
  return `# ${model.name}, of Table 1 and Figure 2 in Bahdanau et al. 2015. Made by \`heed reproduce rnnsearch\`.
task: translation
seed: ${options.seed}
data:
  train: { tsv: ${file('train')} }
  validation: { tsv: ${file('validation')} }
  test: { tsv: ${file('test')} }
  maxLength: ${model.maxLength}
# Vocabularies are of all training sentences, whatever their length: the four models have the same.
source: { tokens: word, lowercase: true, maxSize: ${shortlists[0]} }
target: { tokens: word, lowercase: true, maxSize: ${shortlists[1]} }
model: { type: ${model.type}, ${sizes} }
training:
  optimizer: { type: adam, learningRate: ${isEmbedded ? 0.003 : 0.001} }
  schedule: ${schedule}
  batch: { sentences: 64 }
  clipNorm: 1
  ${limit}
  validateEvery: ${validation}
  # All train equally long: patience never ends it, the best checkpoint by validation loss is used.
  stop: { metric: loss, patience: 1000 }
  keepCheckpoints: 1
decoding: { beam: 3, lengthPenalty: 1, maxLength: 120 }
`;
}

/** What is compared, in words for the reader. */
export function conditionsOf(models: readonly ReproductionModel[], data: LongPairs): string[] {
  const { model, training, decoding } = parseTranslationRecipe(models[0].recipeText, models[0].name);
  const { maxSteps, maxMinutes, batch } = training;
  const limits = [maxSteps && `${maxSteps} updates`, maxMinutes && `${maxMinutes} minutes`].filter(Boolean);
  const longest = data.train.map(({ source, target }) => Math.max(wordsOf(source), wordsOf(target)));
  const used = [30, 50].map(
    (limit) => `${longest.filter((length) => length <= limit).length} of up to ${limit} words on both sides`,
  );
  return [
    `Corpus: ${data.description}.`,
    `${data.train.length} pairs for training (${used.join(', ')}), ${data.validation.length} for validation, ` +
      `${data.test.length} for the test.`,
    'Compared: RNNenc (the sentence in one vector) and RNNsearch (attention), each trained on sentences of up to 30 ' +
      'and of up to 50 words.',
    `The same for all four: data but for the length limit, vocabularies, sizes (E ${model.embedding}, ` +
      `H ${model.hidden}), seed, optimizer, ${limits.join(', ')} of batches of ${batch.sentences ?? ''} sentences, ` +
      `beam ${decoding.beam}.`,
  ];
}
