import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AlgorithmName } from '../../../data/algorithms.ts';
import { type AlgorithmRecipe, applySettings, parseRecipe } from '../../../formats/index.ts';
import type { RuntimeFlags } from '../../console.ts';

export interface NtmOptions extends RuntimeFlags {
  readonly task: AlgorithmName;
  readonly seeds: number;
  readonly controller?: 'lstm' | 'feedForward';
  readonly sequences?: number;
  /** false: the machine alone */
  readonly baseline: boolean;
  readonly out?: string;
  readonly set: readonly string[];
  readonly setBaseline: readonly string[];
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** One of those that are trained, and its run. */
export interface NtmRun {
  /** for the reader */
  readonly name: string;
  readonly kind: 'ntm' | 'lstm';
  readonly seed: number;
  readonly recipeText: string;
  readonly recipe: AlgorithmRecipe;
  readonly directory: string;
}

/** The recipe of each task, in recipes/. */
const RECIPES: Readonly<Record<AlgorithmName, string>> = {
  copy: 'ntm-copy',
  repeatCopy: 'ntm-repeat-copy',
  associativeRecall: 'ntm-associative-recall',
  dynamicNgrams: 'ntm-ngrams',
  prioritySort: 'ntm-priority-sort',
};

/** Cells of each of three layers (table 3 of the paper). */
const BASELINE_CELLS: Readonly<Record<AlgorithmName, number>> = {
  copy: 256,
  repeatCopy: 512,
  associativeRecall: 256,
  dynamicNgrams: 128,
  prioritySort: 128,
};

/** What each kind of model has for itself; other settings are for both, or they could not be compared. */
const OWN = /^(model|training\.(optimizer|clipNorm))[.=]/;

export const folderOf = ({ out, task }: NtmOptions): string =>
  out ?? join('runs', task === 'copy' ? 'reproduce-ntm' : `reproduce-${RECIPES[task]}`);

/**
 * A run each seed, and one of the LSTM baseline: the recipe of the task with what was asked for put in. The baseline has
 * the same data, batches and number of sequences; its sizes are the paper's, and its learning rate is its own.
 *
 * @throws UsageError for settings that make no recipe
 */
export async function ntmRuns(options: NtmOptions): Promise<NtmRun[]> {
  const { task, controller, sequences, set, setBaseline } = options;
  const name = `${RECIPES[task]}.yaml`;
  const text = await readFile(new URL(`../../../../recipes/${name}`, import.meta.url), 'utf8');
  const given = algorithmRecipe(text, name);
  const limits = sequences === undefined ? [] : limitsOf(sequences, given);
  const isOther =
    controller !== undefined && 'controller' in given.model && controller !== given.model.controller;
  const machine = applySettings(
    text,
    [
      ...limits,
      ...(isOther ? [`model.controller=${controller}`] : []),
      ...(isOther && controller === 'feedForward' ? ['training.optimizer.learningRate=0.0005'] : []),
      ...set,
    ],
    name,
  );
  const run = (recipeText: string, kind: NtmRun['kind'], seed: number): NtmRun => ({
    name: `${kind === 'ntm' ? 'NTM' : 'LSTM'}, seed ${seed}`,
    kind,
    seed,
    recipeText,
    recipe: algorithmRecipe(recipeText, name),
    directory: join(folderOf(options), kind === 'ntm' ? `ntm-seed${seed}` : 'lstm'),
  });
  const runs = Array.from({ length: options.seeds }, (_, i) =>
    run(applySettings(machine, [`seed=${i + 1}`]), 'ntm', i + 1),
  );
  if (!options.baseline) return runs;
  const baseline = applySettings(
    withoutComment(text, `# The LSTM that ${name} is compared with: layers, no memory (table 3).`),
    [
      ...limits,
      `model={type: lstm, hidden: ${BASELINE_CELLS[task]}, layers: 3}`,
      'training.optimizer.learningRate=0.001',
      'training.clipNorm=1',
      ...set.filter((setting) => !OWN.test(setting)),
      ...setBaseline,
    ],
    name,
  );
  return [...runs, run(baseline, 'lstm', algorithmRecipe(baseline, name).seed)];
}

/** As many sequences as asked for; rate and validations keep their shares of them. */
function limitsOf(sequences: number, { training }: AlgorithmRecipe): string[] {
  const steps = Math.ceil(sequences / sequencesOf(training));
  const share = (part: number) => Math.max(1, Math.round(part * steps));
  return [
    `training.maxSteps=${steps}`,
    `training.schedule={type: halving, after: {steps: ${share(0.75)}}, every: {steps: ${share(0.05)}}}`,
    `training.validateEvery={steps: ${share(1 / 40)}}`,
  ];
}

/** Of a batch. */
export const sequencesOf = ({ batch }: AlgorithmRecipe['training']): number => batch.sentences ?? 1;

function algorithmRecipe(text: string, name: string): AlgorithmRecipe {
  const recipe = parseRecipe(text, name);
  if (recipe.task === 'algorithm') return recipe;
  throw new Error(`${name} is of the task ${recipe.task}`);
}

/** The recipe behind another comment at its top. */
const withoutComment = (text: string, comment: string): string =>
  `${comment}\n${text.slice(text.search(/^[^#]/m))}`;
