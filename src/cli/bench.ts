import { type Command, Option } from 'commander';
import { BOS, EOS } from '../data/vocabulary.ts';
import { beamSearch } from '../decoding/index.ts';
import { type EncoderDecoder, rnnsearch } from '../models/index.ts';
import { Builder } from '../nn/builder.ts';
import { StepProgram } from '../programs/decoder.ts';
import { GreedyProgram } from '../programs/greedy.ts';
import { lossGraph } from '../programs/pairLoss.ts';
import { ParameterLayout } from '../programs/parameters.ts';
import { openRuntime } from '../runtime/index.ts';
import { padSources } from '../tasks/pairs.ts';
import { median, randomExamples, type SizeFlags, shapeOf, sizesOf } from './benchSizes.ts';
import { benchTrain } from './benchTrain.ts';
import { addRuntimeOptions, integerOption, log, out } from './console.ts';
import { versions } from './versions.ts';

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
    .description('training steps of RNNsearch or a recipe: forward, backward, clipping, update')
    .addOption(
      new Option(
        '--recipe <file>',
        "the recipe's model on a batch of median size of its own data (instead of sizes)",
      ).conflicts(['batch', 'source', 'target', 'vocab', 'embed', 'hidden', 'attention']),
    );
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
  const sources = (batch: number) =>
    padSources(randomExamples(shapeOf({ ...flags, batch })).map((e) => e.source));
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
