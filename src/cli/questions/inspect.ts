import { DataError, UsageError } from '../../errors.ts';
import { writeFileAtomic } from '../../formats/atomic.node.ts';
import { memorySvg } from '../../plots/index.ts';
import { openRuntime } from '../../runtime/index.ts';
import { log, out, type RuntimeFlags } from '../console.ts';
import { memoryOf, Notes, readQuestions } from './ask.ts';
import { openAnswerer } from './open.ts';
import { drawing } from './predict.ts';

/** `heed inspect` of a model that answers questions: which facts it read in each hop. */
export async function inspectAnswer(
  model: string,
  options: RuntimeFlags & {
    readonly input?: string;
    readonly text?: string;
    readonly question?: number;
    readonly out: string;
  },
): Promise<void> {
  const { input, text, question: number = 1, out: path } = options;
  if ((input === undefined) === (text === undefined)) {
    throw new UsageError(
      input === undefined
        ? 'neither --input nor --text with a model that answers questions'
        : '--input and --text',
      'a story with a question: --input FILE, or --text "Mary went to the kitchen. Where is Mary?"',
      input === undefined ? 'Give one.' : 'Leave one out.',
    );
  }
  const asked = await readQuestions(input, text === undefined ? [] : [text]);
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
    if (path === '-') {
      out(`${question.question}  ${answer.text}`);
      out(drawing(question, answer));
    } else await writeFileAtomic(path, `${memorySvg(memoryOf(question, answer))}\n`);
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
