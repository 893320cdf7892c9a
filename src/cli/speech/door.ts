import type { Door } from '../door.ts';
import { evaluateRecognizer } from './evaluate.ts';
import { inspectSpeech } from './inspect.ts';
import { predictSpeech } from './predict.ts';
import { prepareSpeech } from './prepare.ts';
import { speechReport } from './report.ts';
import { SPEECH_SEARCH_FLAGS } from './search.ts';

/** Sounds to be recognised. */
export const speech: Door = {
  prepare: prepareSpeech,
  predict: {
    options: [
      ...['input', 'target', 'output', 'attention', 'json', 'beam', 'nBest', 'lengthPenalty', 'maxLength'],
      ...SPEECH_SEARCH_FLAGS,
    ],
    run: predictSpeech,
  },
  evaluate: {
    options: ['input', 'beam', 'hypotheses', 'json', 'edits', ...SPEECH_SEARCH_FLAGS],
    run: evaluateRecognizer,
  },
  inspect: { options: ['audio', 'target', 'beam', 'out'], run: inspectSpeech },
  report: speechReport,
};
