import type { Door } from '../door.ts';
import { evaluateAnswerer } from './evaluate.ts';
import { inspectAnswer } from './inspect.ts';
import { predictAnswers } from './predict.ts';
import { prepareQuestions } from './prepare.ts';
import { questionsReport } from './report.ts';

/** Stories, and questions to be answered. */
export const questions: Door = {
  prepare: prepareQuestions,
  predict: { options: ['input', 'output', 'attention', 'json', 'nBest'], run: predictAnswers },
  evaluate: { options: ['input', 'hypotheses', 'json'], run: evaluateAnswerer },
  inspect: { options: ['input', 'text', 'question', 'out'], run: inspectAnswer },
  report: questionsReport,
};
