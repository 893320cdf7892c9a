import type { PageCalls } from '../calls.ts';
import { serveCalls } from '../rpc.ts';
import { openModel } from './models.ts';
import { place } from './place.ts';

// What a task needs is loaded when it is first asked for.
serveCalls<PageCalls>({
  place: async () => place,
  open: openModel,
  decode: async (request, context) => (await import('./decode.ts')).decode(request, context),
  hear: async (request) => (await import('./speech.ts')).hear(request),
  describe: async (request) => (await import('./picture.ts')).describe(request),
  draw: async (request) => (await import('./picture.ts')).draw(request),
  answer: async (request) => (await import('./story.ts')).answer(request),
  train: async (request, context) => {
    const { steps, trained } = await (await import('./train.ts')).train(request, context);
    return { steps, model: (await import('./trained.ts')).keepTrained(trained, steps) };
  },
  steer: async (change) => {
    (await import('./train.ts')).steer(change);
    return undefined;
  },
  bundle: async (request) => (await import('./trained.ts')).bundleOfTraining(request),
});
