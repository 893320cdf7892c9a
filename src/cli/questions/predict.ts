import type { Asked } from '../../data/stories.ts';
import { memoryTerminal } from '../../plots/index.ts';
import { openRuntime } from '../../runtime/index.ts';
import type { Answer } from '../../tasks/questionsAnswerer.ts';
import { memoryOf } from '../../tasks/questionsSamples.ts';
import { log, type RuntimeFlags } from '../console.ts';
import { checkOutputs, type LineOutput, openLines } from '../lines.ts';
import { Notes, readQuestions } from './ask.ts';
import { openAnswerer } from './open.ts';

interface PredictOptions extends RuntimeFlags {
  readonly input?: string;
  readonly output?: string;
  readonly attention?: string;
  readonly json?: boolean;
  readonly nBest?: number;
}

/** Questions answered before their answers are written. */
const CHUNK = 512;
/** Answers told of each question in JSON. */
const TOLD = 5;

/** `heed predict` with a model that answers questions: a line a question, its answer. */
export async function predictAnswers(
  model: string,
  texts: readonly string[],
  options: PredictOptions,
): Promise<void> {
  checkOutputs(options);
  const asked = await readQuestions(options.input, texts);
  const { nBest = 1, json = false, attention: attentionPath } = options;
  const backend = await openRuntime({ ...options, onFallback: log });
  const { answerer } = await openAnswerer(model, backend);
  const outputs: LineOutput[] = [];
  const notes = new Notes();
  try {
    const lines = await openLines(options.output ?? '-');
    outputs.push(lines);
    const attention =
      attentionPath === undefined || attentionPath === '-' ? undefined : await openLines(attentionPath);
    if (attention) outputs.push(attention);
    const wanted = json || attention ? Math.max(nBest, TOLD) : nBest;
    for (let at = 0; at < asked.length; at += CHUNK) {
      const questions = asked.slice(at, at + CHUNK);
      const answers = await answerer.answer(questions, { nBest: wanted });
      for (const [i, answer] of answers.entries()) notes.add(questions[i], answer);
      const records = answers.map((answer, i) => JSON.stringify(record(questions[i], answer)));
      await attention?.write(records);
      await lines.write(
        json
          ? records
          : answers.flatMap((answer, i) => [
              ...shown(answer, nBest),
              ...(attentionPath === '-' ? [drawing(questions[i], answer)] : []),
            ]),
      );
    }
    for (const output of outputs) await output.finish();
    notes.say();
  } finally {
    for (const output of outputs) await output.discard();
    await answerer.dispose();
  }
}

const shown = ({ text, best }: Answer, nBest: number): string[] =>
  nBest > 1
    ? best.slice(0, nBest).map((answer) => `${answer.probability.toFixed(4)}\t${answer.text}`)
    : [text];

/** What was read, for the terminal as wide as it is. */
export const drawing = (question: Asked, answer: Answer): string =>
  memoryTerminal(memoryOf(question, answer), {
    columns: process.stdout.isTTY ? process.stdout.columns : 100,
  });

const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;

/** Supports are indices of the facts that were remembered. */
const record = (asked: Asked, answer: Answer) => ({
  place: asked.place,
  question: asked.question,
  answer: answer.text,
  probability: rounded(answer.probability),
  best: answer.best.map(({ text, probability }) => ({ answer: text, probability: rounded(probability) })),
  ...(asked.answer !== undefined && { expected: asked.answer }),
  facts: answer.facts,
  ...(asked.supports && { supports: memoryOf(asked, answer).supports }),
  attention: answer.attention.map((row) => Array.from(row, rounded)),
  unknownWords: answer.unknownWords,
});
