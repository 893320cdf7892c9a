/**
 * Learning tests: a model that is wired right learns to copy, reverse and sort within seconds, whatever the seed.
 * A perplexity ceiling and an accuracy floor on held-out sequences, over seeds.
 */
import { describe, expect, it } from 'vitest';
import type { Pair } from '../../src/data/corpus.ts';
import { generateSequences, type SequenceTask } from '../../src/data/generated.ts';
import { BOS, EOS } from '../../src/data/vocabulary.ts';
import { parseTranslationRecipe } from '../../src/formats/index.ts';
import {
  type EncoderDecoder,
  type RecurrentSizes,
  recurrent,
  rnnenc,
  rnnsearch,
} from '../../src/models/index.ts';
import { GreedyProgram } from '../../src/programs/greedy.ts';
import { pairLoss } from '../../src/programs/pairLoss.ts';
import { TrainingProgram } from '../../src/programs/training.ts';
import { Random } from '../../src/random.ts';
import { openRuntime } from '../../src/runtime/index.ts';
import {
  buildCodecs,
  buildModel,
  type Example,
  epochBatches,
  padSources,
  pairBatch,
} from '../../src/tasks/pairs.ts';
import { trainTranslation } from '../../src/tasks/translation.ts';
import { type Translation, Translator } from '../../src/tasks/translator.ts';
import { adam, constant, train } from '../../src/training/index.ts';

interface Setting {
  readonly model: 'rnnsearch' | 'rnnenc' | Partial<RecurrentSizes>;
  readonly task: SequenceTask;
  readonly seed: number;
  readonly lengths: readonly [number, number];
  readonly steps: number;
  readonly symbols?: number;
}

function make(model: Setting['model'], vocabulary: number): EncoderDecoder {
  const sizes = {
    sourceVocabulary: vocabulary,
    targetVocabulary: vocabulary,
    embedding: 24,
    hidden: 48,
    attention: 32,
    readout: 24,
    readoutType: 'maxout',
    dropout: 0,
    initialization: 'glorot',
  } as const;
  if (model === 'rnnsearch') return rnnsearch(sizes);
  if (model === 'rnnenc') return rnnenc(sizes);
  return recurrent({
    ...sizes,
    cell: 'gru',
    encoder: { layers: 1, direction: 'bidirectional' },
    decoder: { layers: 1 },
    residual: false,
    attention: { score: 'general', size: 32 },
    coverageLoss: 0,
    inputFeeding: false,
    recurrentDropout: 0,
    ...model,
  });
}

/** Trains a small model and measures it on sequences it has not seen. */
async function learn({ model: name, task, seed, lengths, steps, symbols = 8 }: Setting) {
  const [minLength, maxLength] = lengths;
  const all = generateSequences(task, { seed, count: 4200, symbols, minLength, maxLength });
  const key = (e: Example) => e.source.join();
  const seen = new Set(all.slice(0, 4000).map(key));
  const unseen = all.slice(4000).filter((e) => !seen.has(key(e)));
  const backend = await openRuntime({ threads: 1 });
  const model = make(name, symbols + 4);
  const program = await TrainingProgram.compile(pairLoss(model), backend, { seed });
  const events = train({
    program,
    optimizer: adam(program.parameters.length),
    batches: (epoch) => epochBatches(all.slice(0, 4000), { sentences: 32 }, seed, epoch),
    learningRate: constant(0.005),
    clipNorm: 1,
    maxSteps: steps,
    validateEvery: { steps },
    seed,
  });
  for await (const _ of events);
  const { loss } = await program.evaluate(pairBatch(unseen));
  const greedy = await GreedyProgram.compile(model, program, backend, { bos: BOS, eos: EOS });
  const written = await greedy.decode(padSources(unseen.map((e) => e.source)), { maxLength: maxLength + 5 });
  const right = written.filter((h, i) => h.tokens.join() === unseen[i].target.join()).length;
  await program.dispose();
  await greedy.dispose();
  return { perplexity: Math.exp(loss), accuracy: right / unseen.length, unseen: unseen.length };
}

describe('RNNsearch learns', () => {
  for (const task of ['copy', 'reverse', 'sort'] as const) {
    for (const seed of [1, 2]) {
      it(`to ${task} (seed ${seed})`, async () => {
        const found = await learn({ model: 'rnnsearch', task, seed, lengths: [5, 8], steps: 800 });
        expect(found.unseen).toBeGreaterThan(100);
        expect(found.perplexity).toBeLessThan(1.05);
        expect(found.accuracy).toBeGreaterThan(0.95);
      });
    }
  }
});

describe('attention', () => {
  it('beats no attention on reversing 20 to 24 symbols, trained alike', async () => {
    const setting = { task: 'reverse', seed: 1, lengths: [20, 24], steps: 700 } as const;
    const [search, fixed] = [
      await learn({ model: 'rnnsearch', ...setting }),
      await learn({ model: 'rnnenc', ...setting }),
    ];
    expect(search.accuracy).toBeGreaterThan(0.8);
    expect(search.perplexity).toBeLessThan(1.05);
    expect(fixed.accuracy).toBeLessThan(search.accuracy / 2);
    expect(fixed.perplexity).toBeGreaterThan(1.5);
  });
});

/** Every attention there is, in the form that its paper has it. */
const ATTENTIONS: Record<string, Partial<RecurrentSizes>> = {
  additive: { attention: { score: 'additive', size: 32 } },
  'normalised additive': { attention: { score: 'normalisedAdditive', size: 32 } },
  dot: { attention: { score: 'dot', size: 32 } },
  'scaled dot': { attention: { score: 'scaledDot', size: 32 } },
  general: { attention: { score: 'general', size: 32 } },
  'multi-head': { attention: { score: 'multiHead', size: 32, heads: 4 } },
  coverage: { attention: { score: 'additive', size: 32, coverage: true }, coverageLoss: 1 },
  location: { attention: { score: 'additive', size: 32, location: { filters: 4, width: 5 } } },
  'local-p': { attention: { score: 'general', size: 32, window: 4 } },
  'input feeding': { inputFeeding: true },
};

const CELLS: Record<string, Partial<RecurrentSizes>> = {
  gruResetAfter: { cell: 'gruResetAfter' },
  lstm: { cell: 'lstm' },
  lstmLayerNorm: { cell: 'lstmLayerNorm' },
  'two alternating residual layers': {
    encoder: { layers: 2, direction: 'alternating' },
    decoder: { layers: 2 },
    residual: true,
  },
};

describe('the recurrent model learns', () => {
  for (const [name, model] of Object.entries({ ...ATTENTIONS, ...CELLS })) {
    for (const task of ['copy', 'reverse'] as const) {
      it(`to ${task} with ${name}`, async () => {
        // Depth takes longer to begin with.
        const steps = (model.decoder?.layers ?? 1) > 1 ? 1300 : 800;
        const found = await learn({ model, task, seed: 1, lengths: [5, 8], steps });
        expect(found.perplexity).toBeLessThan(1.05);
        expect(found.accuracy).toBeGreaterThan(0.95);
      });
    }
  }
});

describe('a pointer-generator', () => {
  const recipe = (copy: boolean) =>
    parseTranslationRecipe(
      `task: translation
data: { train: { tsv: embedded } }
source: { tokens: space }
target: { tokens: space, maxSize: 14 }
model: { type: rnnsearch, embedding: 24, hidden: 48, attention: 32, readout: 24, dropout: 0, initialization: glorot, copy: ${copy} }
training: { optimizer: { type: adam, learningRate: 0.005 }, batch: { sentences: 32 }, maxSteps: 700, validateEvery: { steps: 700 } }`,
      'copy.yaml',
    );
  /** Lines of ten common words and now and then a rare one, to be written backwards. */
  function lines(seed: number, count: number, rare: (random: Random) => string): Pair[] {
    const random = new Random(seed);
    return Array.from({ length: count }, (_, i) => {
      const words = Array.from({ length: 3 + random.integer(4) }, () =>
        random.integer(4) === 0 ? rare(random) : `common${random.integer(10)}`,
      );
      return { source: words.join(' '), target: [...words].reverse().join(' '), line: i + 1 };
    });
  }
  const train = lines(1, 4000, (random) => `rare${random.integer(300)}`);
  const unseen = lines(2, 200, (random) => `new${random.integer(1e6)}`);

  async function accuracy(copy: boolean): Promise<number> {
    const backend = await openRuntime({ threads: 1 });
    const codecs = buildCodecs(recipe(copy), train);
    const { program, events } = await trainTranslation(recipe(copy), { train }, codecs, backend);
    for await (const _ of events);
    const translator = new Translator(buildModel(recipe(copy), codecs), program, codecs, backend);
    const [greedy, beam] = [
      await translator.translate(
        unseen.map((p) => p.source),
        { beam: 1 },
      ),
      await translator.translate(
        unseen.map((p) => p.source),
        { beam: 4 },
      ),
    ];
    const right = (found: Translation[][]) => found.filter(([t], i) => t.text === unseen[i].target).length;
    await translator.dispose();
    await program.dispose();
    return Math.min(right(greedy), right(beam)) / unseen.length;
  }

  it('writes words that neither vocabulary holds, which no other model can', async () => {
    const common = unseen.filter((p) => !p.source.includes('new')).length / unseen.length;
    expect(common).toBeLessThan(0.4);
    expect(await accuracy(true)).toBeGreaterThan(0.9);
    expect(await accuracy(false)).toBeLessThanOrEqual(common);
  });
});
