// Trains a small model in a process of its own and prints how many bytes 10,000 steps added to what the process holds,
// after 5,000 to settle in. Alone, because a test runner's own garbage would be measured with it. Where they added more
// than the limit it measures again, three times at most: a leak grows every time, while the engine and the allocator take
// a block now and then.
//   node --expose-gc test/runtime/steps.mjs native|wasm LIMIT
import { openRuntime, pairBatch, pairLoss, Random, rnnsearch, TrainingProgram } from 'heed';

const model = rnnsearch({
  sourceVocabulary: 12,
  targetVocabulary: 12,
  embedding: 8,
  hidden: 8,
  attention: 8,
  readout: 8,
  readoutType: 'maxout',
  dropout: 0.1,
  initialization: 'glorot',
});
const batch = pairBatch([
  { source: [4, 5, 6], target: [6, 5, 4] },
  { source: [7, 8], target: [8, 7] },
]);
const backend = await openRuntime({ device: process.argv[2], threads: 1 });
const program = await TrainingProgram.compile(pairLoss(model), backend, { seed: 1 });
const random = new Random(1);
const residentAfter = async (steps) => {
  for (let step = 0; step < steps; step++) await program.step(batch, random);
  globalThis.gc();
  return process.memoryUsage.rss();
};
const limit = Number(process.argv[3]);
let held = await residentAfter(5000);
let grown = Number.POSITIVE_INFINITY;
for (let time = 0; time < 3 && grown > limit; time++) {
  const now = await residentAfter(10_000);
  grown = now - held;
  held = now;
}
console.log(grown);
await program.dispose();
