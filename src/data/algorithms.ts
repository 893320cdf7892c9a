/**
 * The tasks of Graves, Wayne, Danihelka 2014, "Neural Turing Machines", section 4: sequences of bits to be answered with
 * bits, made without end from a seed. This file holds what they have in common; each task has a file of its own.
 */
import { UsageError } from '../errors.ts';
import { Random } from '../random.ts';
import { type CopyOptions, copying, type RepeatCopyOptions, repeatCopying } from './algorithmsCopy.ts';
import { type NgramOptions, predictingNgrams } from './algorithmsNgrams.ts';
import { type RecallOptions, recalling } from './algorithmsRecall.ts';
import type { Algorithm, BitSequence, Sizes } from './algorithmsSequence.ts';
import { type SortOptions, sorting } from './algorithmsSort.ts';

export type { Algorithm, BitSequence, Sizes, WrittenSequence } from './algorithmsSequence.ts';

/** A task with its sizes; those left out are the paper's. */
export type AlgorithmOptions =
  | ({ readonly type: 'copy' } & CopyOptions)
  | ({ readonly type: 'repeatCopy' } & RepeatCopyOptions)
  | ({ readonly type: 'associativeRecall' } & RecallOptions)
  | ({ readonly type: 'dynamicNgrams' } & NgramOptions)
  | ({ readonly type: 'prioritySort' } & SortOptions);

export type AlgorithmName = AlgorithmOptions['type'];

/** The tasks by name, in the order of the paper. */
export const ALGORITHMS: readonly AlgorithmName[] = [
  'copy',
  'repeatCopy',
  'associativeRecall',
  'dynamicNgrams',
  'prioritySort',
];

/** The task that is asked for. @throws UsageError for a name or sizes that make no task */
export function createAlgorithm(options: AlgorithmOptions): Algorithm {
  switch (options.type) {
    case 'copy':
      return copying(options);
    case 'repeatCopy':
      return repeatCopying(options);
    case 'associativeRecall':
      return recalling(options);
    case 'dynamicNgrams':
      return predictingNgrams(options);
    case 'prioritySort':
      return sorting(options);
    default:
      throw new UsageError(
        `a task '${(options as { type: string }).type}'`,
        `one of ${ALGORITHMS.join(', ')}`,
        'Choose among these.',
      );
  }
}

/** Sequences of one length side by side, time-major. */
export interface BitBatch {
  /** [T, B, I]: bits, and in some channels a number */
  readonly inputs: Float32Array;
  /** [T, B, O], 0 or 1 */
  readonly targets: Float32Array;
  /** [T, B]: 1 where the outputs count */
  readonly mask: Float32Array;
  readonly sizes: { readonly T: number; readonly B: number; readonly I: number; readonly O: number };
}

/** Sequences side by side. @throws UsageError when there are none, or their lengths differ */
export function bitBatch(sequences: readonly BitSequence[]): BitBatch {
  const [first] = sequences;
  const T = first?.mask.length ?? 0;
  if (sequences.length === 0 || sequences.some(({ mask }) => mask.length !== T)) {
    throw new UsageError(
      `sequences of ${sequences.map(({ mask }) => mask.length).join(', ') || 'no'} steps`,
      'at least one, all of one length',
      'Draw them with the same sizes.',
    );
  }
  const B = sequences.length;
  const sideBySide = (parts: readonly (readonly (readonly number[])[])[]): Float32Array => {
    const width = parts[0][0].length;
    const all = new Float32Array(T * B * width);
    for (const [b, part] of parts.entries()) {
      for (const [t, step] of part.entries()) all.set(step, (t * B + b) * width);
    }
    return all;
  };
  return {
    inputs: sideBySide(sequences.map(({ inputs }) => inputs)),
    targets: sideBySide(sequences.map(({ targets }) => targets)),
    mask: sideBySide(sequences.map(({ mask }) => mask.map((m) => [m]))),
    sizes: { T, B, I: first.inputs[0].length, O: first.targets[0].length },
  };
}

/**
 * Batch number `index` of the endless stream of a seed; it follows from these two alone. All its sequences have the same
 * sizes, drawn anew for each batch, so that nothing is padded.
 *
 * @param request.sequences B
 * @param request.sizes those that shall not be drawn, e.g. `{ length: 120 }`; they may lie outside the task's ranges
 * @throws UsageError for a size that the task does not have, or that makes no sequence
 */
export function drawBitBatch(
  algorithm: Algorithm,
  request: {
    readonly seed: number;
    readonly index: number;
    readonly sequences: number;
    readonly sizes?: Sizes;
  },
): BitBatch {
  const { seed, index, sequences, sizes } = request;
  // Seeds are hashed first, or batch n of one seed would be batch 0 of another.
  const random = new Random((new Random(seed).uint32() ^ Math.imul(index, 0x9e3779b1)) >>> 0);
  const drawn = { ...algorithm.drawSizes(random), ...sizes };
  const names = Object.keys(algorithm.largest);
  const unknown = Object.keys(drawn).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`a size '${unknown}'`, `sizes of this task: ${names.join(', ')}`, 'Leave it out.');
  }
  return bitBatch(Array.from({ length: sequences }, () => algorithm.draw(random, drawn)));
}
