import type { Door } from '../door.ts';
import { evaluateCaptioner } from './evaluate.ts';
import { inspectPicture } from './inspect.ts';
import { predictCaptions } from './predict.ts';
import { prepareCaptions } from './prepare.ts';
import { captionsReport } from './report.ts';

/** Pictures to be described. */
export const captions: Door = {
  prepare: prepareCaptions,
  predict: {
    options: [
      ...['input', 'target', 'output', 'attention', 'json'],
      ...['beam', 'nBest', 'lengthPenalty', 'maxLength', 'unknown'],
    ],
    run: predictCaptions,
  },
  evaluate: { options: ['input', 'beam', 'hypotheses', 'json'], run: evaluateCaptioner },
  inspect: { options: ['picture', 'target', 'beam', 'out'], run: inspectPicture },
  report: captionsReport,
};
