import type { Door } from '../door.ts';
import { DECODING_FLAGS } from './decodingFlags.ts';
import { evaluateText } from './evaluate.ts';
import { inspectText } from './inspect.ts';
import { predictText } from './predict.ts';
import { prepareTranslation } from './prepare.ts';
import { translationReport } from './report.ts';

/** Texts to be translated. */
export const translation: Door = {
  prepare: prepareTranslation,
  predict: {
    options: [
      ...['input', 'jsonInput', 'target', 'output', 'attention', 'alignment', 'json', 'ensemble'],
      ...DECODING_FLAGS,
    ],
    run: predictText,
  },
  evaluate: {
    options: [
      ...['input', 'separator', 'source', 'reference', 'beam', 'hypotheses', 'json'],
      ...['ensemble', 'ensembleMean'],
    ],
    run: evaluateText,
  },
  inspect: { options: ['text', 'input', 'target', 'beam', 'joinSubwords', 'out'], run: inspectText },
  report: translationReport,
};
