import * as z from 'zod';
import { count, share } from './fields.ts';
import { attention } from './model.ts';

const cell = z
  .enum(['lstm', 'lstmLayerNorm', 'gru', 'gruResetAfter'])
  .default('lstm')
  .describe('of all recurrent layers');
const reduction = (from: 1 | 4) =>
  z
    .literal([1, 2, 4, 8])
    .default(from)
    .describe(
      'frames that the encoder makes one of, halving time between its lowest layers (Chan et al. 2016)',
    );
const common = {
  cell,
  hidden: count().default(256).describe('H, of every layer; half of it each way in the encoder'),
  dropout: share()
    .default(0.3)
    .describe('share of values dropped in training between layers, one mask over time'),
  recurrentDropout: share().default(0).describe('share of the recurrent state dropped, one mask over time'),
  initialization: z.literal('glorot').default('glorot').describe('of the weights: by the size of each layer'),
};

export const speechModel = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z
        .literal('ctc')
        .describe('deep bidirectional recurrent layers that label every frame (Graves et al. 2006, 2013)'),
      ...common,
      layers: count().default(3).describe('one above the other'),
      reduction: reduction(1),
    }),
    z.strictObject({
      type: z.literal('listener').describe('Listen, Attend and Spell (Chan et al. 2016)'),
      ...common,
      encoder: z
        .strictObject({
          layers: count().default(3).describe('one above the other'),
          reduction: reduction(4),
        })
        .prefault({}),
      decoder: z
        .strictObject({ layers: count().default(1).describe('one above the other') })
        .prefault({})
        .describe('the stack that writes'),
      embedding: count().default(64).describe('E, of the tokens written'),
      readout: count().default(256).describe('width of the layer before the softmax'),
      attention: attention.prefault({ score: 'additive', size: 128, location: {} }),
      ctcWeight: share()
        .default(0)
        .describe('of the loss, that of CTC on the encoder (Watanabe et al. 2017); 0 is attention alone'),
    }),
  ])
  .superRefine((model, { addIssue }) => {
    if (model.hidden % 2 === 1) {
      addIssue({ code: 'custom', path: ['hidden'], message: 'an even number, for half of it each way' });
    }
    if (model.type === 'listener' && model.attention.score === 'multiHead') {
      const { size = model.hidden, heads = 4 } = model.attention;
      const message = `a number that divides size, ${size}`;
      if (size % heads !== 0) addIssue({ code: 'custom', path: ['attention', 'heads'], message });
    }
    const { layers, reduction } = model.type === 'ctc' ? model : model.encoder;
    if (layers > Math.log2(reduction)) return;
    const path = model.type === 'ctc' ? ['layers'] : ['encoder', 'layers'];
    const message = `more than ${Math.log2(reduction)}, for time is halved between layers (reduction ${reduction})`;
    addIssue({ code: 'custom', path, message });
  });
