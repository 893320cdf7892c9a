import { UsageError } from '../errors.ts';
import { Random } from '../random.ts';
import type { StoryQuestion } from './stories.ts';

export interface GeneratedStories {
  readonly seed: number;
  /** questions to make, one a story */
  readonly count: number;
  /** fewest and most sentences of a story; default 2 to 8 */
  readonly facts?: readonly [number, number];
  /**
   * how many facts an answer follows from: 1, where somebody is; 2, where a thing is that somebody carries. Default 1
   */
  readonly supports?: 1 | 2;
}

const PEOPLE = ['Ada', 'Emil', 'Noor', 'Tove', 'Yuki'];
const PLACES = ['garden', 'kitchen', 'library', 'market', 'office', 'station'];
const THINGS = ['apple', 'book', 'lamp', 'letter'];
const GOES = ['went to', 'moved to', 'travelled to', 'walked to'];
const TAKES = ['took', 'picked up', 'found'];

/**
 * Small stories of people who walk about, and questions where they are or what they carry is, with the facts that the
 * answer follows from: the first two tasks of bAbI in other words, for trying things out where bAbI is not at hand.
 *
 * @throws UsageError for stories that cannot be
 */
export function generateStories(options: GeneratedStories): StoryQuestion[] {
  const { seed, count, facts: [fewest, most] = [2, 8], supports = 1 } = options;
  if (!(Number.isInteger(fewest) && Number.isInteger(most) && fewest >= supports && most >= fewest)) {
    throw new UsageError(
      `stories of ${fewest} to ${most} facts whose answers follow from ${supports}`,
      `whole numbers, at least ${supports}, the second no less than the first`,
      'Change the options.',
    );
  }
  const random = new Random(seed);
  return Array.from({ length: count }, (_, i) => {
    const length = fewest + random.integer(most - fewest + 1);
    const place = `generated story ${i + 1}`;
    return supports === 1 ? whereIsSomebody(random, length, place) : whereIsSomething(random, length, place);
  });
}

const pick = <Of>(random: Random, items: readonly Of[]): Of => items[random.integer(items.length)];

interface Move {
  readonly who: string;
  readonly to: string;
}

const walk = (random: Random, people: readonly string[] = PEOPLE): Move => ({
  who: pick(random, people),
  to: pick(random, PLACES),
});
const told = (random: Random, { who, to }: Move): string => `${who} ${pick(random, GOES)} the ${to}.`;

function whereIsSomebody(random: Random, length: number, place: string): StoryQuestion {
  const moves = Array.from({ length }, () => walk(random));
  const { who } = pick(random, moves);
  const last = moves.findLastIndex((move) => move.who === who);
  return {
    facts: moves.map((move) => told(random, move)),
    question: `Where is ${who}?`,
    answer: moves[last].to,
    supports: [last],
    place,
  };
}

/** Somebody takes a thing and goes somewhere; before, between and after them the others walk about. */
function whereIsSomething(random: Random, length: number, place: string): StoryQuestion {
  const who = pick(random, PEOPLE);
  const others = PEOPLE.filter((name) => name !== who);
  const thing = pick(random, THINGS);
  const taken = random.integer(length - 1);
  const gone = taken + 1 + random.integer(length - taken - 1);
  const to = pick(random, PLACES);
  const facts = Array.from({ length }, (_, i) => {
    if (i === taken) return `${who} ${pick(random, TAKES)} the ${thing}.`;
    if (i === gone) return told(random, { who, to });
    // Before the last walk the one who carries the thing may be anywhere, and others may take other things.
    if (random.uniform() < 0.3) {
      const other = pick(
        random,
        THINGS.filter((name) => name !== thing),
      );
      return `${pick(random, others)} ${pick(random, TAKES)} the ${other}.`;
    }
    return told(random, walk(random, i < gone ? PEOPLE : others));
  });
  return { facts, question: `Where is the ${thing}?`, answer: to, supports: [taken, gone], place };
}
