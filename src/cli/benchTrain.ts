import { readFile } from 'node:fs/promises';
import { UsageError } from '../errors.ts';
import { parseTranslationRecipe } from '../formats/index.ts';
import { input, matmul, toOnnx } from '../graph/index.ts';
import { type EncoderDecoder, rnnsearch } from '../models/index.ts';
import { Builder } from '../nn/builder.ts';
import { lossGraph, type Objective, type PairBatch, pairLoss } from '../programs/pairLoss.ts';
import { TrainingProgram } from '../programs/training.ts';
import { Random } from '../random.ts';
import { type Backend, openRuntime } from '../runtime/index.ts';
import { optimizerOf } from '../tasks/optimization.ts';
import { buildCodecs, buildModel, pairBatch, trainingPairs } from '../tasks/pairs.ts';
import { adam, constant, type Optimizer, train } from '../training/index.ts';
import { productOperations, sizeOperations } from './benchOperations.ts';
import { median, randomExamples, type Shape, type SizeFlags, shapeOf, sizesOf } from './benchSizes.ts';
import { log, out } from './console.ts';
import { loadPairs } from './translation/data.ts';
import { versions } from './versions.ts';

/** A training step to be measured. */
interface Workload {
  readonly shape: Shape;
  readonly model: EncoderDecoder;
  readonly objective?: Objective;
  readonly optimizer: (program: TrainingProgram<PairBatch>) => Optimizer;
  readonly clipNorm: number;
  /** batches of a step */
  readonly accumulate: number;
  /** multiply-adds ×2 of the matrix products of a batch, forward and backward */
  readonly operations: number;
}

/** RNNsearch of the sizes asked for, with Adam. */
const sizesWorkload = (flags: SizeFlags): Workload => ({
  shape: shapeOf(flags),
  model: rnnsearch(sizesOf(flags)),
  optimizer: ({ parameters, arena }) => adam(parameters.length, { arena }),
  clipNorm: 1,
  accumulate: 1,
  operations: sizeOperations(flags),
});

/**
 * What a recipe trains, on a batch of median sizes of the first epoch's, over the vocabularies that its data give.
 *
 * @throws UsageError for a recipe that cannot be read or is wrong, DataError when its data are not at hand
 */
async function recipeWorkload(path: string): Promise<Workload> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `--recipe ${path}, which cannot be read (${error.code})`,
      'a recipe file',
      'See recipes/.',
    );
  });
  const recipe = parseTranslationRecipe(text, path);
  const { train: pairs } = await loadPairs(recipe.data, recipe.seed);
  const codecs = buildCodecs(recipe, pairs);
  const batches = trainingPairs(recipe, pairs, codecs).batches(1);
  const sizes = Array.from({ length: batches.length }, (_, i) => (batches.at(i) as PairBatch).sizes);
  const model = buildModel(recipe, codecs);
  const sourceVocabulary = codecs.source.vocabulary.size;
  const { targetVocabulary } = model;
  const [B, S, T] = (['B', 'S', 'T'] as const).map((name) => median(sizes.map((size) => size[name])));
  const { labelSmoothing, scheduledSampling, clipNorm, accumulate = 1 } = recipe.training;
  const objective = { labelSmoothing, scheduledSampling: scheduledSampling !== undefined };
  const { loss } = lossGraph(model, new Builder(), objective);
  return {
    shape: { batch: B, source: S, target: T, sourceVocabulary, targetVocabulary },
    model,
    objective,
    optimizer: (program) => optimizerOf(recipe, program),
    clipNorm,
    accumulate,
    // Backward is twice forward.
    operations: 3 * productOperations([loss], { B, S, T }),
  };
}

/** One large product, [1024, 512]·[512, 8000]: about what this machine can do. Seconds of each of some runs. */
async function largeProduct(
  backend: Backend,
): Promise<{ seconds(): Promise<number>; dispose(): Promise<void> }> {
  const product = matmul(input('a', 'float32', [1024, 512]), input('b', 'float32', [512, 8000]));
  const program = await backend.load(toOnnx({ product }).bytes);
  const random = new Random(1);
  const tensor = (shape: number[]) => {
    const data = Float32Array.from({ length: shape[0] * shape[1] }, () => random.uniform());
    return { dtype: 'float32' as const, shape, data };
  };
  const feeds = { a: tensor([1024, 512]), b: tensor([512, 8000]) };
  return {
    async seconds() {
      const begun = performance.now();
      await program.run(feeds);
      return (performance.now() - begun) / 1000;
    },
    dispose: () => program.dispose(),
  };
}

/** `heed bench train`: of sizes, or of a recipe. */
export async function benchTrain(flags: SizeFlags & { readonly recipe?: string }): Promise<void> {
  const work = flags.recipe === undefined ? sizesWorkload(flags) : await recipeWorkload(flags.recipe);
  const { shape, model, accumulate } = work;
  const backend = await openRuntime({ ...flags, onFallback: log });
  const program = await TrainingProgram.compile(pairLoss(model, work.objective), backend, { seed: 1 });
  const optimizer = work.optimizer(program);
  const product = await largeProduct(backend);
  const examples = randomExamples(shape, model.copies);
  const warm = 3;
  const run: number[] = [];
  const rest: number[] = [];
  const products: number[] = [];
  await product.seconds();
  const events = train({
    program,
    optimizer,
    // padded anew each step, as in training
    batches: () => ({ length: accumulate, at: () => pairBatch(examples) }),
    accumulate,
    arena: program.arena,
    learningRate: constant(1e-4),
    clipNorm: work.clipNorm,
    maxSteps: warm + flags.steps,
    validateEvery: { steps: warm + flags.steps },
    seed: 1,
  });
  for await (const event of events) {
    if (event.type !== 'step' || event.step <= warm) continue;
    run.push(event.seconds.run);
    rest.push(event.seconds.rest);
    // Between steps, so that what else the machine does hits both alike.
    products.push(await product.seconds());
  }
  await product.dispose();
  const seconds = median(run.map((r, i) => r + rest[i]));
  const gflops = (accumulate * work.operations) / seconds / 1e9;
  const matmulGflops = (2 * 1024 * 512 * 8000) / median(products) / 1e9;
  const result = {
    tokensPerSecond: (accumulate * shape.batch * shape.target) / seconds,
    gflops,
    matmulGflops,
    ratio: gflops / matmulGflops,
    secondsPerStep: seconds,
    secondsInRun: median(run),
    outsideRun: median(rest) / seconds,
    parameters: program.parameters.length,
    peakResidentGigabytes: (1024 * process.resourceUsage().maxRSS) / 1e9,
    steps: flags.steps,
    shape,
    backend: backend.name,
    versions: versions(),
  };
  await program.dispose();
  if (flags.json) return out(JSON.stringify(result, null, 2));
  out(
    `${result.tokensPerSecond.toFixed(0)} target tokens/s, ${(1000 * seconds).toFixed(0)} ms a step (median of ${flags.steps})`,
  );
  if (flags.recipe !== undefined) {
    const { batch, source, target, sourceVocabulary, targetVocabulary } = shape;
    out(`B ${batch}, S ${source}, T ${target}, vocabularies ${sourceVocabulary} and ${targetVocabulary}`);
  }
  out(
    `${gflops.toFixed(0)} GFLOP/s in matrix products, ${(100 * result.ratio).toFixed(0)} % of one large product's ${matmulGflops.toFixed(0)}`,
  );
  out(
    `${(100 * result.outsideRun).toFixed(1)} % of a step outside the program; ${result.peakResidentGigabytes.toFixed(2)} GB resident at most`,
  );
}
