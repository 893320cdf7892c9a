import type { EncoderDecoderSizes } from '../models/index.ts';
import { Random } from '../random.ts';
import type { Example } from '../tasks/pairs.ts';
import type { RuntimeFlags } from './console.ts';

/** What sets the time of a training step, the model's own sizes aside. */
export interface Shape {
  /** B */
  readonly batch: number;
  /** S, the end of the sentence included */
  readonly source: number;
  /** T, the end of the sentence included */
  readonly target: number;
  readonly sourceVocabulary: number;
  readonly targetVocabulary: number;
}

export interface SizeFlags extends RuntimeFlags {
  readonly batch: number;
  readonly source: number;
  readonly target: number;
  readonly vocab: number;
  readonly embed: number;
  readonly hidden: number;
  readonly attention: number;
  readonly steps: number;
  readonly json?: boolean;
}

export const shapeOf = ({ batch, source, target, vocab }: SizeFlags): Shape => ({
  batch,
  source,
  target,
  sourceVocabulary: vocab,
  targetVocabulary: vocab,
});

export const sizesOf = (flags: SizeFlags): EncoderDecoderSizes => ({
  sourceVocabulary: flags.vocab,
  targetVocabulary: flags.vocab,
  embedding: flags.embed,
  hidden: flags.hidden,
  attention: flags.attention,
  readout: flags.embed,
  readoutType: 'tanh', // one hidden layer of size E, as `sizeOperations` has it
  dropout: 0,
  initialization: 'glorot',
});

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1];

/**
 * Pairs of random words, every sentence of full length.
 *
 * @param copies with what a model that copies needs: every source word is in the target vocabulary
 */
export function randomExamples(shape: Shape, copies = false): Example[] {
  const random = new Random(1);
  // The end of the sentence is one token more, so one word fewer is drawn; the first four are no words.
  const words = (count: number, vocabulary: number) =>
    Array.from({ length: count - 1 }, () => 4 + random.integer(vocabulary - 4));
  return Array.from({ length: shape.batch }, () => {
    const source = words(shape.source, shape.sourceVocabulary);
    const target = words(shape.target, shape.targetVocabulary);
    if (!copies) return { source, target };
    return {
      source,
      target,
      copying: { source: words(shape.source, shape.targetVocabulary), labels: target },
    };
  });
}
