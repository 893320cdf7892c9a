import { type Algorithm, type AlgorithmOptions, createAlgorithm, type Sizes } from '../data/algorithms.ts';
import { UsageError } from '../errors.ts';
import type { Recipe } from '../formats/index.ts';
import { type AttentiveLstmSizes, attentiveLstm } from '../models/attentiveLstm.ts';
import { type LstmBaselineSizes, lstmBaseline } from '../models/lstmBaseline.ts';
import { type BitTransducer, type NtmSizes, ntm } from '../models/ntm.ts';

/** What is trained on generated sequences; sizes left out are the paper's of the copy task. */
export type AlgorithmModel =
  | ({ readonly type: 'ntm' } & Omit<NtmSizes, 'inputs' | 'outputs'>)
  | ({ readonly type: 'lstm' } & Omit<LstmBaselineSizes, 'inputs' | 'outputs'>)
  | ({ readonly type: 'attentiveLstm' } & Omit<AttentiveLstmSizes, 'inputs' | 'outputs'>);

/** A run on a task of Graves, Wayne, Danihelka 2014, section 4. */
export interface AlgorithmRecipe {
  readonly seed: number;
  readonly data: {
    readonly train: AlgorithmOptions;
    /** sequences after which an epoch is said to end, for there is no end; default 10,000 */
    readonly epoch?: number;
    /** what is measured at every validation; default 320 sequences of the training's sizes */
    readonly validation?: { readonly sequences?: number; readonly sizes?: Sizes };
  };
  readonly model: AlgorithmModel;
  /** `batch.sentences` are the sequences of a batch */
  readonly training: Recipe['training'];
}

/** A recipe's task and its model. */
export interface AlgorithmTask {
  readonly options: AlgorithmOptions;
  readonly algorithm: Algorithm;
  readonly model: BitTransducer;
  /** N, of a model with a memory */
  readonly locations?: number;
}

/**
 * The recipe's task and model.
 *
 * @throws UsageError for sizes that make no task, and for a memory that cannot hold the longest sequence
 */
export function buildAlgorithm({ data, model }: Pick<AlgorithmRecipe, 'data' | 'model'>): AlgorithmTask {
  const options = data.train;
  const algorithm = createAlgorithm(options);
  const { inputs, outputs } = algorithm;
  if (model.type === 'lstm')
    return { options, algorithm, model: lstmBaseline({ ...model, inputs, outputs }) };
  // Its window slides: a longer sequence is no mistake, it only forgets.
  if (model.type === 'attentiveLstm')
    return { options, algorithm, model: attentiveLstm({ ...model, inputs, outputs }) };
  const built = ntm({ ...model, inputs, outputs });
  const task = { options, algorithm, model: built, locations: built.locations };
  checkLocations(task, algorithm.largest);
  return task;
}

/**
 * A task whose answer holds every vector that was read needs a location for each: the heads go round in a circle, and
 * what does not fit is written over.
 *
 * @throws UsageError when the memory has too few
 */
export function checkLocations({ algorithm, locations }: AlgorithmTask, sizes: Sizes): void {
  const needed = algorithm.locations(sizes);
  if (locations === undefined || needed <= locations) return;
  throw new UsageError(
    `a memory of ${locations} locations for ${needed} vectors`,
    `at least ${needed} locations, one for each vector`,
    'Raise model.locations, or make the sequences shorter.',
  );
}
