import type { Answered, PageCalls } from '../calls.ts';
import { openedAs } from './models.ts';

/** Answers shown of each question. */
const BEST = 4;

/** The answer to a question about a story, and which facts were read for it. */
export async function answer({ model, facts, question }: PageCalls['answer']['argument']): Promise<Answered> {
  const { answerer } = openedAs(model, 'questions', 'answers questions');
  const began = performance.now();
  const [found] = await answerer.answer([{ facts, question, place: 'The story' }], { nBest: BEST });
  return {
    best: found.best,
    question,
    facts: found.facts,
    forgotten: facts.length - found.facts.length,
    attention: found.attention,
    unknownWords: found.unknownWords,
    milliseconds: performance.now() - began,
  };
}
