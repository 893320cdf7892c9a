/** What no section of a recipe can tell alone: whether sections go together. Messages say what was expected. */
import type * as z from 'zod';
import type { data } from './data.ts';
import type { decoding } from './decoding.ts';
import type { model } from './model.ts';
import type { text } from './text.ts';
import type { training } from './training.ts';

interface Sections {
  data: z.output<typeof data>;
  source: z.output<typeof text>;
  target: z.output<typeof text>;
  joint?: boolean;
  model: z.output<typeof model>;
  training: z.output<ReturnType<typeof training>>;
  decoding: z.output<typeof decoding>;
}

export interface Issues {
  addIssue(issue: { code: 'custom'; path: string[]; message: string }): void;
}

export const refuseIn =
  ({ addIssue }: Issues) =>
  (path: string, message: string) =>
    addIssue({ code: 'custom', path: path.split('.'), message });

/** What training asks, and models whose words are not those of the vocabulary alone. */
export function checkObjective({ model, training }: Sections, issues: Issues): void {
  if (!('copy' in model && model.copy)) return;
  const refuse = refuseIn(issues);
  const mixed = 'with model.copy, whose probabilities are mixed with those of copying';
  if (training.labelSmoothing !== undefined) refuse('training.labelSmoothing', `none ${mixed}`);
  if (training.scheduledSampling !== undefined) refuse('training.scheduledSampling', `none ${mixed}`);
}

export function checkVocabularies({ source, target, joint, model }: Sections, issues: Issues): void {
  const refuse = refuseIn(issues);
  if (model.tie === 'all' && !joint) refuse('joint', 'joint: true, for model.tie is all');
  if (model.tie === 'all' && source.vectors && target.vectors && source.vectors !== target.vectors) {
    refuse('target.vectors', 'source.vectors alone, for model.tie is all');
  }
  if (!joint) return;
  const keys = ['tokens', 'lowercase', 'minFrequency', 'maxSize', 'dropout'] as const;
  const key = keys.find((k) => source[k] !== target[k]);
  if (key === undefined) return;
  refuse(`target.${key}`, `${source[key]}, as source.${key} is, for the vocabulary is joint`);
}

/** What looks at validation or test data when there are none. */
export function checkValidation({ data, training }: Sections, issues: Issues): void {
  const refuse = refuseIn(issues);
  if (data.alternatives && !data.validation && !data.test) {
    refuse('data.alternatives', 'validation or test data, whose answers they are');
  }
  checkStopping({ data, training }, issues);
}

/** What looks at validation data when there are none. */
export function checkStopping(
  { data, training }: { data: { validation?: unknown }; training: Sections['training'] },
  issues: Issues,
): void {
  if (data.validation) return;
  const refuse = refuseIn(issues);
  const message = 'validation data (data.validation), which it looks at';
  if (training.stop) refuse('training.stop', message);
  if (training.averageCheckpoints && 'best' in training.averageCheckpoints) {
    refuse('training.averageCheckpoints', message);
  }
  if (training.schedule.type === 'plateau') refuse('training.schedule', message);
}

/** What the test at the end of a long training would refuse. */
export function checkDecoding({ model, decoding }: Sections, issues: Issues): void {
  const refuse = refuseIn(issues);
  const { minLength = 0, maxLength, coveragePenalty = 0, replaceUnknown } = decoding;
  if (minLength >= maxLength) refuse('decoding.minLength', `less than maxLength, ${maxLength}`);
  if (model.type !== 'rnnenc') return;
  if (coveragePenalty > 0) refuse('decoding.coveragePenalty', 'a model that attends');
  if (replaceUnknown) refuse('decoding.replaceUnknown', 'a model that attends');
}
