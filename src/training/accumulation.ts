import type { Random } from '../random.ts';
import type { Arena } from './arena.ts';
import { approach } from './arrays.ts';
import type { LossProgram } from './events.ts';

/** Loss and gradient of some batches as if they were one. */
export interface Gradient {
  /** mean nats per token, over the tokens of all */
  readonly loss: number;
  readonly tokens: number;
  /** of that loss; changes with the next call */
  readonly gradients: Float32Array;
  /** time in `program.step` */
  readonly seconds: number;
}

/**
 * Forward and backward of one batch after the other, each weighted by its tokens: up to rounding the gradient of them
 * all as one batch. Of a single batch it is the program's own, to the bit; only for more an array is allocated, once.
 */
export function gradientAccumulator<Batch>(
  program: LossProgram<Batch>,
  arena: Arena | undefined,
): (batches: Iterable<Batch>, random: Random) => Promise<Gradient> {
  const size = program.parameters.length;
  let mean: Float32Array | undefined;

  async function timed(batch: Batch, random: Random) {
    const begun = performance.now();
    const found = await program.step(batch, random);
    return { ...found, seconds: (performance.now() - begun) / 1000 };
  }

  return async (batches, random) => {
    let whole: Gradient | undefined;
    for (const batch of batches) {
      if (whole?.gradients === program.gradients) {
        mean ??= arena?.allocate(size) ?? new Float32Array(size);
        mean.set(program.gradients);
        whole = { ...whole, gradients: mean };
      }
      const { loss, tokens, seconds } = await timed(batch, random);
      if (whole === undefined) whole = { loss, tokens, gradients: program.gradients, seconds };
      else {
        const share = tokens / (whole.tokens + tokens);
        approach(whole.gradients, program.gradients, share);
        whole = {
          loss: whole.loss + share * (loss - whole.loss),
          tokens: whole.tokens + tokens,
          gradients: whole.gradients,
          seconds: whole.seconds + seconds,
        };
      }
    }
    if (whole === undefined) throw new Error('no batch to take the gradient of');
    return whole;
  };
}
