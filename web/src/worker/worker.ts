import type { PageCalls } from '../calls.ts';
import { serveCalls } from '../rpc.ts';
import { bundleOfTraining, decode, keepTrained, openModel } from './models.ts';
import { place } from './place.ts';
import { steer, train } from './train.ts';

serveCalls<PageCalls>({
  place: async () => place,
  open: openModel,
  decode,
  train: async (request, context) => {
    const { steps, trained } = await train(request, context);
    return { steps, model: await keepTrained(trained, steps) };
  },
  steer: async (change) => {
    steer(change);
    return undefined;
  },
  bundle: bundleOfTraining,
});
