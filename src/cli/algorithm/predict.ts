import { openRuntime } from '../../runtime/index.ts';
import { answerSequences, type BitAnswer } from '../../tasks/algorithmsAnswers.ts';
import { log, type RuntimeFlags } from '../console.ts';
import { readInputLines } from '../input.ts';
import { openLines } from '../lines.ts';
import { openAlgorithm } from './open.ts';

interface PredictOptions extends RuntimeFlags {
  readonly input?: string;
  readonly output?: string;
  readonly json?: boolean;
}

/** `heed predict` with a model of a generated task: what it answers to sequences written by hand, one a line. */
export async function predictBits(
  model: string,
  given: readonly string[],
  { input, output = '-', json, ...runtime }: PredictOptions,
): Promise<void> {
  const { task, weights } = await openAlgorithm(model);
  const { algorithm } = task;
  const lines = input === undefined ? given : await readInputLines(input);
  const from = input === undefined ? 'argument' : `${input === '-' ? 'standard input' : input}, line`;
  const written = lines.map((line, i) => algorithm.read(line, `${from} ${i + 1}`));
  const backend = await openRuntime({ ...runtime, onFallback: log });
  const answers = await answerSequences(task, weights, backend, written);
  const words = (bits: BitAnswer['bits']) => bits.map((step) => algorithm.word(step)).join(' ');
  const to = await openLines(output);
  try {
    await to.write(
      answers.map(({ bits, probabilities, expected }, i) => {
        if (!json) return words(bits);
        return JSON.stringify({
          line: i + 1,
          answer: words(bits),
          ...(expected && {
            expected: words(expected),
            wrongBits: bits.flat().filter((bit, at) => bit !== expected.flat()[at]).length,
          }),
          probabilities: probabilities.map((step) => step.map((p) => Math.round(1e4 * p) / 1e4)),
        });
      }),
    );
    await to.finish();
  } finally {
    await to.discard();
  }
}
