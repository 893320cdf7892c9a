/** Models with random weights, of recipes given by their model section. */
import { parseTranslationRecipe } from '../../src/formats/index.ts';
import { Random } from '../../src/random.ts';
import { type ContentOf, contentOf } from '../../src/tasks/content.ts';
import { layoutOf } from '../../src/tasks/layouts.ts';
import { buildCodecs } from '../../src/tasks/pairs.ts';

/** A translation recipe of characters. @param model its model section, in YAML's flow style */
const recipeOf = (model: string): string => `
task: translation
data: { train: { tsv: none.tsv } }
source: { tokens: character }
target: { tokens: character }
model: ${model}
training: { optimizer: { type: adam, learningRate: 0.01 }, epochs: 1 }
decoding: { maxLength: 20 }
`;

/** Source letters a–h, target letters s–z; some sentences end by themselves. */
export function randomModel(model: string, seed = 3) {
  const recipeText = recipeOf(model);
  const recipe = parseTranslationRecipe(recipeText, 'test.yaml');
  const codecs = buildCodecs(recipe, [{ source: 'abcdefgh', target: 'stuvwxyz', line: 1 }]);
  const content = contentOf(recipe, codecs) as ContentOf<'translation'>;
  const layout = layoutOf(content);
  const parameters = layout.initialize(seed);
  const random = new Random(seed + 1);
  for (let i = 0; i < parameters.length; i++) parameters[i] += 0.6 * random.normal();
  layout.views(parameters)['decoder.readout.logits.bias'].data[3] = 1.5;
  return { recipeText, content, weights: { layout, parameters } };
}

const recurrent = (attention: string, rest = '') =>
  `{ type: recurrent, embedding: 5, hidden: 6, readout: 5, dropout: 0, attention: { score: ${attention} }${rest} }`;

/** Models of different kinds, by name. */
export const MODELS: Readonly<Record<string, string>> = {
  rnnsearch: '{ type: rnnsearch, embedding: 5, hidden: 6, attention: 4, readout: 5, dropout: 0 }',
  'rnnsearch that copies':
    '{ type: rnnsearch, embedding: 5, hidden: 6, attention: 4, readout: 5, dropout: 0, copy: true }',
  rnnenc: '{ type: rnnenc, embedding: 5, hidden: 6, readout: 5, dropout: 0 }',
  'additive, input feeding, two layers': recurrent(
    'additive, size: 5, coverage: true, location: { filters: 2, width: 3 }',
    ', inputFeeding: true, decoder: { layers: 2 }',
  ),
  'normalised additive, copying': recurrent('normalisedAdditive, size: 5', ', copy: true, cell: gru'),
  dot: recurrent('dot'),
  'general, in a window': recurrent('general, window: 2'),
  'two heads': recurrent('multiHead, heads: 2'),
};
