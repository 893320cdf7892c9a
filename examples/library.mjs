// Heed as a library: train on pairs in memory, translate, draw the alignment. Run after `npm run build`:
//   node examples/library.mjs
import {
  attentionTerminal,
  buildCodecs,
  buildModel,
  generateDates,
  openRuntime,
  parseRecipe,
  Translator,
  trainTranslation,
} from 'heed';

const recipe = parseRecipe(
  `
task: translation
data: { train: { generated: dates, count: 3000 } }
source: { tokens: character, lowercase: true }
target: { tokens: character }
model: { type: rnnsearch, embedding: 24, hidden: 64, attention: 48, readout: 32, dropout: 0 }
training: { optimizer: { type: adam, learningRate: 0.005 }, epochs: 4 }
`,
  'example',
);

// Any pairs of text will do: { source, target, line }.
const { train, test } = generateDates({
  seed: 1,
  count: 3000,
  test: 5,
  locales: ['en-GB', 'fr-FR', 'de-DE'],
});
const codecs = buildCodecs(recipe, train);
const backend = await openRuntime(); // native where it loads, else WebAssembly
const { program, events } = await trainTranslation(recipe, { train }, codecs, backend);
for await (const event of events) {
  if (event.type === 'step' && event.step % 40 === 0)
    console.log(`step ${event.step}: loss ${event.loss.toFixed(3)}`);
}

const translator = new Translator(buildModel(recipe, codecs), program, codecs, backend);
const found = await translator.translate(test.map((pair) => pair.source));
for (const [i, [best]] of found.entries()) console.log(`${test[i].source} → ${best.text}`);

const [best] = found[0];
console.log(
  attentionTerminal({ source: best.sourceTokens, target: [...best.tokens, '</s>'], weights: best.attention }),
);
await translator.dispose();
await program.dispose();
