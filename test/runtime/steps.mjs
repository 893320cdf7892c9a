// Trains a small model for 15,000 steps in a process of its own and prints how many bytes a step adds to what the process
// holds: the median over five times 2,000 steps, after 5,000 to settle in. A leak grows every time; that the engine or the
// allocator takes a block for once is none. Alone, because a test runner's own garbage would be measured with it.
//   node --expose-gc test/runtime/steps.mjs native|wasm
import { openRuntime, pairBatch, Random, rnnsearch, TrainingProgram } from 'heed';

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
const program = await TrainingProgram.compile(model, backend, { seed: 1 });
const random = new Random(1);
const residentAfter = async (steps) => {
  for (let step = 0; step < steps; step++) await program.step(batch, random);
  globalThis.gc();
  return process.memoryUsage.rss();
};
let held = await residentAfter(5000);
const grown = [];
for (let time = 0; time < 5; time++) {
  const now = await residentAfter(2000);
  grown.push((now - held) / 2000);
  held = now;
}
console.log(grown.sort((a, b) => a - b)[2]);
await program.dispose();
