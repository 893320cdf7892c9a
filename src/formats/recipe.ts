import * as z from 'zod';
import { recipeError } from './recipeErrors.ts';
import { parseYaml, type YamlSource } from './yaml.ts';

// Every key a recipe may have is here, with its default and, as `describe`, its documentation for editors.

const count = () => z.int().positive();
const file = () => z.string().min(1);
const positive = () => z.number().positive();

const pairs = z.union([
  z.strictObject({
    tsv: file().describe('a file of lines `source TAB target`; .gz is unpacked'),
    separator: z.string().min(1).default('\t').describe('what stands between source and target'),
  }),
  z.strictObject({
    source: file().describe('a file with one source text a line; .gz is unpacked'),
    target: file().describe('a file with as many lines, the translations'),
  }),
  z.strictObject({
    generated: z.enum(['dates']).describe('embedded data: dates as they are written in many locales'),
    count: count().describe('number of pairs'),
  }),
]);

const data = z.strictObject({
  train: pairs,
  validation: pairs
    .optional()
    .describe('measured while training, for early stopping and the best checkpoint'),
  test: pairs.optional().describe('measured at the end'),
  maxLength: count()
    .default(50)
    .describe('training pairs with more tokens than this on either side are left out'),
});

const text = z.strictObject({
  tokens: z
    .enum(['word', 'character', 'space'])
    .default('word')
    .describe('what a token is; space: the text is tokenised already, split it at white space'),
  lowercase: z.boolean().default(false).describe('whether text is lower-cased first'),
  minFrequency: count().default(1).describe('tokens seen less often in training become the unknown token'),
  maxSize: count().min(5).default(30_000).describe('largest vocabulary, its four special tokens included'),
});

/** The sizes of Bahdanau et al. 2015 (appendix A.2.3), and smaller ones for small corpora. */
const sizes = {
  paper: {
    embedding: 620,
    hidden: 1000,
    attention: 1000,
    readout: 500,
    dropout: 0,
    initialization: 'paper' as const,
  },
  small: {
    embedding: 256,
    hidden: 512,
    attention: 512,
    readout: 256,
    dropout: 0.3,
    initialization: 'glorot' as const,
  },
};

const preset = z
  .enum(['small', 'paper'])
  .default('small')
  .describe(
    'where what is not given comes from: small 256/512/512/256, dropout 0.3, glorot; paper 620/1000/1000/500, dropout 0, paper',
  );
const commonSizes = {
  preset,
  embedding: count().optional().describe('E, size of word embeddings'),
  hidden: count().optional().describe('H, size of each recurrent state'),
  readout: count()
    .optional()
    .describe('width of the maxout layer before the softmax; it takes the larger of 2 × this'),
  dropout: z.number().min(0).lt(1).optional().describe('share of values dropped in training'),
  initialization: z
    .enum(['paper', 'glorot'])
    .optional()
    .describe('paper: appendix B.1, for wide layers; glorot: by the size of each layer'),
};

const model = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('rnnsearch').describe('bidirectional encoder, attention (Bahdanau et al. 2015)'),
      ...commonSizes,
      attention: count().optional().describe('A, size of the alignment model'),
    })
    .transform(({ preset, ...given }) => ({ ...sizes[preset], ...given })),
  z
    .strictObject({
      type: z.literal('rnnenc').describe('one vector for the whole source, no attention (Cho et al. 2014)'),
      ...commonSizes,
    })
    .transform(({ preset, ...given }) => {
      const { attention: _, ...defaults } = sizes[preset];
      return { ...defaults, ...given };
    }),
]);

const optimizer = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('adam'),
    learningRate: positive().default(0.001),
    beta1: z.number().min(0).lt(1).default(0.9),
    beta2: z.number().min(0).lt(1).default(0.999),
    epsilon: positive().default(1e-8),
  }),
  z.strictObject({
    type: z.literal('adadelta'),
    learningRate: positive().default(1).describe("multiplies the rule's own step; 1 is the paper's"),
    rho: z.number().min(0).lt(1).default(0.95),
    epsilon: positive().default(1e-6),
  }),
]);

const schedule = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('constant') }),
  z.strictObject({
    type: z
      .literal('warmupInverseSquareRoot')
      .describe('rises to the learning rate, then falls with 1/√step'),
    warmupSteps: count().default(4000),
  }),
  z.strictObject({
    type: z.literal('plateau').describe('lowers the rate when the stopping metric no longer improves'),
    factor: z.number().gt(0).lt(1).default(0.5),
    patience: count().default(1).describe('validations without improvement'),
  }),
]);

const batch = z.union([
  z.strictObject({ sentences: count().describe('sentence pairs in a batch') }),
  z.strictObject({
    tokens: count().describe('most tokens on either side of a batch, padding included'),
    sentences: count().optional().describe('and most sentence pairs'),
  }),
]);

const stop = z.strictObject({
  metric: z
    .enum(['loss', 'bleu', 'exactMatch'])
    .default('loss')
    .describe('what says which checkpoint is best'),
  patience: count()
    .default(5)
    .describe('validations in a row without improvement, after which training ends'),
});

const training = z
  .strictObject({
    optimizer: optimizer.prefault({ type: 'adam' }),
    schedule: schedule.prefault({ type: 'constant' }),
    batch: batch.prefault({ sentences: 64 }),
    clipNorm: positive().default(1).describe('gradients with a larger global norm are scaled down to it'),
    epochs: count().optional().describe('default 20, unless maxSteps or maxMinutes is given'),
    maxSteps: count().optional(),
    maxMinutes: positive().optional(),
    validateEvery: z
      .union([z.strictObject({ epochs: count() }), z.strictObject({ steps: count() })])
      .prefault({ epochs: 1 })
      .describe('how often to validate and save a checkpoint'),
    stop: stop.optional().describe('early stopping; with validation data the default is loss and patience 5'),
    keepCheckpoints: count().default(3).describe('the newest so many are kept, the best besides'),
  })
  .transform(({ epochs, ...rest }) => {
    const limited = rest.maxSteps !== undefined || rest.maxMinutes !== undefined;
    return { ...rest, epochs: epochs ?? (limited ? undefined : 20) };
  });

const decoding = z.strictObject({
  beam: count().default(5).describe('hypotheses kept at each step; 1 is greedy search'),
  lengthPenalty: z.number().min(0).default(1).describe('log-probability is divided by length to this power'),
  maxLength: count().default(100).describe('tokens after which a hypothesis is cut'),
});

const schema = z
  .strictObject({
    task: z.literal('translation').describe('pairs of text'),
    seed: z
      .int()
      .min(0)
      .max(0xffffffff)
      .default(1)
      .describe('of all that is random: initialisation, order, dropout'),
    data,
    source: text.prefault({}),
    target: text.prefault({}),
    model: model.prefault({ type: 'rnnsearch' }),
    training: training.prefault({}),
    decoding: decoding.prefault({}),
  })
  .superRefine(({ data, training }, { addIssue }) => {
    if (data.validation) return;
    const message = 'validation data (data.validation), which it looks at';
    if (training.stop) addIssue({ code: 'custom', path: ['training', 'stop'], message });
    if (training.schedule.type === 'plateau') {
      addIssue({ code: 'custom', path: ['training', 'schedule'], message });
    }
  })
  .transform(({ training, ...rest }) => {
    const stopByLoss = rest.data.validation ? { metric: 'loss' as const, patience: 5 } : undefined;
    return { ...rest, training: { ...training, stop: training.stop ?? stopByLoss } };
  });

/** A recipe with every default filled in. */
export type Recipe = z.output<typeof schema>;
/** Where pairs of text come from. */
export type PairsRecipe = z.output<typeof pairs>;

/**
 * Reads a recipe.
 *
 * @param fileName for error messages
 * @throws UsageError at file:line:column for wrong YAML, an unknown key (with the valid ones) or a wrong value
 */
export function parseRecipe(text: string, fileName: string): Recipe {
  const source: YamlSource = parseYaml(text, fileName);
  const result = schema.safeParse(source.value, {
    reportInput: true,
    // The schema that refused an unknown key is at hand only here; its keys are kept for recipeError as the message.
    error: ({ code, inst }) => {
      const shape = (inst?._zod.def as { shape?: object } | undefined)?.shape;
      return code === 'unrecognized_keys' && shape ? Object.keys(shape).join(', ') : undefined;
    },
  });
  if (result.success) return result.data;
  throw recipeError(source, result.error.issues);
}

/** A JSON Schema of recipes as they are written (defaults may be left out), for editors. */
export function recipeJsonSchema(): Record<string, unknown> {
  return { title: 'Heed recipe', ...z.toJSONSchema(schema, { io: 'input' }) };
}
