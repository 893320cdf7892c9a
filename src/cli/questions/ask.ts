import type { Asked } from '../../data/stories.ts';
import { parseStories, parseTold } from '../../data/storiesAsked.ts';
import type { Answer } from '../../tasks/questionsAnswerer.ts';
import { log } from '../console.ts';
import { checkTexts, readInputLines } from '../input.ts';

/** Questions of a file of stories, or of sentences given on the command line. */
export async function readQuestions(input: string | undefined, texts: readonly string[]): Promise<Asked[]> {
  if (input === undefined) {
    checkTexts(texts);
    return parseTold(texts, 'the command line');
  }
  const name = input === '-' ? 'standard input' : input;
  return parseStories((await readInputLines(input)).join('\n'), name);
}

/** How many unknown words are named. */
const NAMED = 10;

/** Says what of questions and stories was not read: words that nobody knows, and facts that did not fit the memory. */
export class Notes {
  private readonly words = new Map<string, string>();
  private long: { readonly questions: number; readonly facts: number; readonly memory: number } | undefined;

  add({ facts, place }: Asked, answer: Answer): void {
    for (const word of answer.unknownWords) if (!this.words.has(word)) this.words.set(word, place);
    if (answer.facts.length === facts.length) return;
    const { questions = 0, facts: most = 0 } = this.long ?? {};
    const memory = answer.facts.length;
    this.long = { questions: questions + 1, facts: Math.max(most, facts.length), memory };
  }

  say(): void {
    if (this.words.size > 0) {
      const named = [...this.words].slice(0, NAMED).map(([word, place]) => `${word} (${place})`);
      const more = this.words.size > NAMED ? ` and ${this.words.size - NAMED} more` : '';
      log(`heed: words that the model does not know, read as nothing: ${named.join(', ')}${more}`);
    }
    if (this.long) {
      const { questions, facts, memory } = this.long;
      const which = questions === 1 ? 'a question' : `${questions} questions`;
      log(
        `heed: ${which} about ${questions === 1 ? '' : 'up to '}${facts} facts, more than the memory holds: only the last ${memory} were read`,
      );
    }
  }
}
