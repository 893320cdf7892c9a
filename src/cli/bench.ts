import { type Command, Option } from 'commander';
import { BOS, EOS } from '../data/vocabulary.ts';
import { beamSearch } from '../decoding/index.ts';
import { input, matmul, toOnnx } from '../graph/index.ts';
import { type EncoderDecoder, type EncoderDecoderSizes, rnnsearch } from '../models/index.ts';
import { Builder } from '../nn/builder.ts';
import { StepProgram } from '../programs/decoder.ts';
import { GreedyProgram } from '../programs/greedy.ts';
import { ParameterLayout } from '../programs/parameters.ts';
import { lossGraph, TrainingProgram } from '../programs/training.ts';
import { Random } from '../random.ts';
import { type Backend, openRuntime } from '../runtime/index.ts';
import { type Example, padSources, pairBatch } from '../tasks/pairs.ts';
import { adam, constant, train } from '../training/index.ts';
import { addRuntimeOptions, integerOption, log, out, type RuntimeFlags } from './console.ts';
import { versions } from './versions.ts';

interface SizeFlags extends RuntimeFlags {
  readonly batch: number;
  readonly source: number;
  readonly target: number;
  readonly vocab: number;
  readonly embed: number;
  readonly hidden: number;
  readonly attention: number;
  readonly steps: number;
  readonly json?: boolean;
}

/** `heed bench train|decode`: speed on this machine, ratios from one run, medians. */
export function registerBench(program: Command): void {
  const bench = program
    .command('bench')
    .description('measure speed: training steps, decoding')
    .addHelpText('after', '\nExample:\n  heed bench decode --threads 2');
  const size = (command: Command, name: string, value: number, what: string) =>
    command.addOption(new Option(`--${name} <n>`, what).default(value).argParser(integerOption(`--${name}`)));
  const trainer = bench
    .command('train')
    .description('RNNsearch training steps: forward, backward, clipping, Adam');
  size(trainer, 'batch', 64, 'B, sentences');
  size(trainer, 'source', 20, 'S, source length');
  size(trainer, 'target', 20, 'T, target length');
  size(trainer, 'vocab', 8000, 'V, words a side');
  size(trainer, 'embed', 256, 'E');
  size(trainer, 'hidden', 512, 'H');
  size(trainer, 'attention', 512, 'A');
  size(trainer, 'steps', 20, 'steps measured, after 3 to warm up');
  trainer.option('--json', 'figures as JSON');
  addRuntimeOptions(trainer)
    .addHelpText('after', '\nExample:\n  heed bench train --batch 64 --hidden 512 --threads 2 --json')
    .action(benchTrain);
  const decoder = bench
    .command('decode')
    .description('sentences a second, greedy and beam 5, batch 1 and 64');
  size(decoder, 'source', 20, 'S, source length');
  size(decoder, 'target', 20, 'T, words written');
  size(decoder, 'vocab', 8000, 'V, words a side');
  size(decoder, 'embed', 256, 'E');
  size(decoder, 'hidden', 256, 'H');
  size(decoder, 'attention', 256, 'A');
  size(decoder, 'steps', 10, 'repetitions');
  decoder.option('--json', 'figures as JSON');
  addRuntimeOptions(decoder)
    .addHelpText('after', '\nExample:\n  heed bench decode --hidden 256 --vocab 8000 --json')
    .action(benchDecode);
  for (const command of bench.commands) command.exitOverride();
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];

const sizesOf = (flags: SizeFlags): EncoderDecoderSizes => ({
  sourceVocabulary: flags.vocab,
  targetVocabulary: flags.vocab,
  embedding: flags.embed,
  hidden: flags.hidden,
  attention: flags.attention,
  readout: flags.embed,
  readoutType: 'tanh', // one hidden layer of size E, as the operation count below has it
  dropout: 0,
  initialization: 'glorot',
});

/** Multiply-adds ×2 of the matrix products of one training step; backward is twice forward. */
function operations({
  batch: B,
  source: S,
  target: T,
  vocab: V,
  embed: E,
  hidden: H,
  attention: A,
}: SizeFlags) {
  const encoder = S * (6 * H * (E + H) + 2 * H * A);
  const decoder = T * (H * A + 3 * H * (E + 3 * H) + E * (3 * H + E) + E * V);
  return 6 * B * (encoder + decoder);
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

/** Pairs of random words, every sentence of full length. */
function randomExamples({ batch, source, target, vocab }: SizeFlags): Example[] {
  const random = new Random(1);
  // The end of the sentence is one token more, so one word fewer is drawn.
  const words = (n: number) => Array.from({ length: n - 1 }, () => 4 + random.integer(vocab - 4));
  return Array.from({ length: batch }, () => ({ source: words(source), target: words(target) }));
}

async function benchTrain(flags: SizeFlags): Promise<void> {
  const backend = await openRuntime({ ...flags, onFallback: log });
  const program = await TrainingProgram.compile(rnnsearch(sizesOf(flags)), backend, { seed: 1 });
  const optimizer = adam(program.parameters.length, { arena: program.arena });
  const product = await largeProduct(backend);
  const examples = randomExamples(flags);
  const warm = 3;
  const run: number[] = [];
  const rest: number[] = [];
  const products: number[] = [];
  await product.seconds();
  const events = train({
    program,
    optimizer,
    // padded anew each step, as in training
    batches: () => ({ length: 1, at: () => pairBatch(examples) }),
    learningRate: constant(1e-4),
    clipNorm: 1,
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
  const gflops = operations(flags) / seconds / 1e9;
  const matmulGflops = (2 * 1024 * 512 * 8000) / median(products) / 1e9;
  const result = {
    tokensPerSecond: (flags.batch * flags.target) / seconds,
    gflops,
    matmulGflops,
    ratio: gflops / matmulGflops,
    secondsPerStep: seconds,
    secondsInRun: median(run),
    outsideRun: median(rest) / seconds,
    parameters: program.parameters.length,
    peakResidentGigabytes: (1024 * process.resourceUsage().maxRSS) / 1e9,
    steps: flags.steps,
    backend: backend.name,
    versions: versions(),
  };
  await program.dispose();
  if (flags.json) return out(JSON.stringify(result, null, 2));
  out(
    `${result.tokensPerSecond.toFixed(0)} target tokens/s, ${(1000 * seconds).toFixed(0)} ms a step (median of ${flags.steps})`,
  );
  out(
    `${gflops.toFixed(0)} GFLOP/s in matrix products, ${(100 * result.ratio).toFixed(0)} % of one large product's ${matmulGflops.toFixed(0)}`,
  );
  out(
    `${(100 * result.outsideRun).toFixed(1)} % of a step outside the program; ${result.peakResidentGigabytes.toFixed(2)} GB resident at most`,
  );
}

/** Fresh weights whose decoder never ends a sentence, so that every sentence takes the same number of steps. */
function endlessWeights(model: EncoderDecoder): { layout: ParameterLayout; parameters: Float32Array } {
  const builder = new Builder();
  lossGraph(model, builder);
  const layout = new ParameterLayout(builder.parameters.map((p) => p.spec));
  const parameters = layout.initialize(1);
  (layout.views(parameters)['decoder.readout.logits.bias'].data as Float32Array)[EOS] = -1e9;
  return { layout, parameters };
}

async function benchDecode(flags: SizeFlags): Promise<void> {
  const backend = await openRuntime({ ...flags, onFallback: log });
  const model = rnnsearch(sizesOf(flags));
  const weights = endlessWeights(model);
  const tokens = { bos: BOS, eos: EOS };
  const greedy = await GreedyProgram.compile(model, weights, backend, tokens);
  const steps = await StepProgram.compile(model, weights, backend, tokens);
  const time = async (work: () => Promise<unknown>) => {
    await work();
    const seconds: number[] = [];
    for (let i = 0; i < flags.steps; i++) {
      const begun = performance.now();
      await work();
      seconds.push((performance.now() - begun) / 1000);
    }
    return median(seconds);
  };
  const sources = (batch: number) => padSources(randomExamples({ ...flags, batch }).map((e) => e.source));
  const found: Record<string, number> = {};
  for (const batch of [1, 64]) {
    const source = sources(batch);
    const greedySeconds = await time(() => greedy.decode(source, { maxLength: flags.target }));
    const beamSeconds = await time(async () =>
      beamSearch(steps, await steps.start(source), batch, { beam: 5, maxLength: flags.target }),
    );
    found[`greedy, batch ${batch}`] = batch / greedySeconds;
    found[`beam 5, batch ${batch}`] = batch / beamSeconds;
  }
  // The encoder and the call cost the same for few and many steps; what more steps cost is the step.
  const one = sources(1);
  const [few, many] = [flags.target, 11 * flags.target];
  const step =
    ((await time(() => greedy.decode(one, { maxLength: many }))) -
      (await time(() => greedy.decode(one, { maxLength: few })))) /
    (many - few);
  await greedy.dispose();
  await steps.dispose();
  const result = {
    sentencesPerSecond: found,
    greedyStepMilliseconds: 1000 * step,
    backend: backend.name,
    versions: versions(),
  };
  if (flags.json) return out(JSON.stringify(result, null, 2));
  for (const [name, rate] of Object.entries(found)) out(`${name.padEnd(18)} ${rate.toFixed(1)} sentences/s`);
  out(`greedy step at batch 1: ${(1000 * step).toFixed(3)} ms`);
}
