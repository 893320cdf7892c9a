import { UsageError } from '../errors.ts';
import type { Recipe } from '../formats/index.ts';

/**
 * A resumed run may change its limits, rates and schedule, not what its parameters mean, the order of its batches or
 * which arrays its optimizer goes on from.
 *
 * @throws UsageError for the first value that differs
 */
export function checkSameModel(now: Recipe, before: Recipe): void {
  const [asked, had] = [now, before].map((recipe) => flat('', lasting(recipe)));
  const path = Object.keys({ ...had, ...asked }).find((key) => asked[key] !== had[key]);
  if (path === undefined) return;
  throw new UsageError(
    `--resume with ${path} ${asked[path] ?? 'left out'}`,
    `${had[path] ?? 'none'}, as the run has it`,
    'Resume with the recipe and the settings of the run (its recipe.yaml), or start a new run with --out.',
  );
}

/** What of a recipe a run keeps. */
function lasting(recipe: Recipe): object {
  const { training, data, decoding: _, ...rest } = { decoding: undefined, ...recipe };
  const { validation = {}, test = {}, ...read } = data;
  // What is held out of the training data changes them.
  const heldOut = (part: object) => ({ heldOut: 'heldOut' in part ? part.heldOut : undefined });
  const { batch, stop, movingAverage, optimizer } = training;
  return {
    ...rest,
    evaluation: undefined,
    joint: ('joint' in recipe && recipe.joint) || false,
    data: { ...read, alternatives: undefined, validation: heldOut(validation), test: heldOut(test) },
    training: {
      batch,
      stop: { metric: stop?.metric },
      movingAverage,
      optimizer: {
        type: optimizer.type,
        momentum: optimizer.type === 'sgd' ? optimizer.momentum : undefined,
      },
    },
  };
}

/** The plain values of a recipe by their paths. */
function flat(path: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return { [path]: value };
  const parts = Object.entries(value).map(([key, inner]) =>
    flat(path === '' ? key : `${path}.${key}`, inner),
  );
  return Object.assign({}, ...parts);
}
