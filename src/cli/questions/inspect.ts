import { DataError, UsageError } from '../../errors.ts';
import { memorySvg } from '../../plots/index.ts';
import { openRuntime } from '../../runtime/index.ts';
import { memoryOf } from '../../tasks/questionsSamples.ts';
import { log, type RuntimeFlags } from '../console.ts';
import { type FigureFlags, writeFigures } from '../figure.ts';
import { Notes, readQuestions } from './ask.ts';
import { openAnswerer } from './open.ts';
import { drawing } from './predict.ts';

/** `heed inspect` of a model that answers questions: which facts it read in each hop. */
export async function inspectAnswer(
  model: string,
  options: RuntimeFlags &
    FigureFlags & {
      readonly input?: string;
      /** sentences of a story, the question last */
      readonly text?: readonly string[];
      readonly question?: number;
    },
): Promise<void> {
  const { input, text: sentences, question: number = 1, out: path } = options;
  if ((input === undefined) === (sentences === undefined)) {
    throw new UsageError(
      input === undefined
        ? 'neither --input nor --text with a model that answers questions'
        : '--input and --text',
      'a story with a question: --input FILE, or --text "Mary went to the kitchen. Where is Mary?"',
      input === undefined ? 'Give one.' : 'Leave one out.',
    );
  }
  const asked = await readQuestions(input, sentences ?? []);
  const question = asked[number - 1];
  if (question === undefined) {
    throw new DataError(
      `--question ${number} of ${input ?? 'the text'}, which has ${asked.length}`,
      `1 to ${asked.length}`,
      'Name another.',
    );
  }
  const backend = await openRuntime({ ...options, onFallback: log });
  const { answerer } = await openAnswerer(model, backend);
  try {
    const [answer] = await answerer.answer([question]);
    const notes = new Notes();
    notes.add(question, answer);
    const said = `${question.question}  ${answer.text}`;
    const text = `${said}\n${drawing(question, answer)}`;
    await writeFigures(options, [{ svg: memorySvg(memoryOf(question, answer)), caption: said, text }], said);
    notes.say();
    const right = question.answer === undefined ? '' : `, right is ${question.answer}`;
    log(`${answer.text}, probability ${answer.probability.toFixed(3)}${right}`);
    if (path !== '-') {
      log(`${path}: ${answer.facts.length} facts in ${answer.attention.length} hops`);
      if (asked.length > 1) log(`question ${number} of ${asked.length} (--question N for another)`);
    }
  } finally {
    await answerer.dispose();
  }
}
