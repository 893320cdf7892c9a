import { describe, expect, it } from 'vitest';
import { holdOutQuestions, sentenceWords } from '../../src/data/stories.ts';
import { generateStories } from '../../src/data/storiesGenerated.ts';
import { createTokenizer } from '../../src/data/tokenizer.ts';
import { DataError, UsageError } from '../../src/errors.ts';

describe('words of a sentence', () => {
  it('are one in a fact and in a question, whatever mark follows', () => {
    const tokenizer = createTokenizer({ kind: 'word', lowercase: true });
    expect(sentenceWords('Mary moved to the hallway.', tokenizer)).toEqual(
      'mary moved to the hallway'.split(' '),
    );
    expect(sentenceWords('“Is Mary in the hallway?”', tokenizer)).toEqual(
      'is mary in the hallway'.split(' '),
    );
    expect(sentenceWords('?!', tokenizer)).toEqual([]);
  });
});

describe('generated stories', () => {
  const stories = generateStories({ seed: 3, count: 300 });
  it('ask where somebody is, which the last sentence about them says', () => {
    for (const { facts, question, answer, supports } of stories) {
      expect(facts.length).toBeGreaterThanOrEqual(2);
      expect(facts.length).toBeLessThanOrEqual(8);
      const who = /^Where is (\w+)\?$/.exec(question)?.[1] as string;
      const last = facts.findLastIndex((fact) => fact.startsWith(`${who} `));
      expect(supports).toEqual([last]);
      expect(facts[last]).toMatch(new RegExp(`the ${answer}\\.$`));
    }
  });

  it('ask where a thing is, which two sentences say together', () => {
    for (const { facts, question, answer, supports } of generateStories({
      seed: 4,
      count: 300,
      supports: 2,
    })) {
      const thing = /^Where is the (\w+)\?$/.exec(question)?.[1] as string;
      const taking = facts.filter((fact) => fact.endsWith(`the ${thing}.`));
      expect(taking).toEqual([facts[supports[0]]]);
      const who = taking[0].split(' ')[0];
      const walks = facts.flatMap((fact, i) =>
        fact.startsWith(`${who} `) && / (?:went|moved|travelled|walked) to /.test(fact) ? [i] : [],
      );
      expect(walks.at(-1)).toBe(supports[1]);
      expect(supports[1]).toBeGreaterThan(supports[0]);
      expect(facts[supports[1]]).toMatch(new RegExp(`the ${answer}\\.$`));
    }
  });

  it('follow from the seed, and are refused where they cannot be', () => {
    expect(generateStories({ seed: 3, count: 300 })).toEqual(stories);
    expect(generateStories({ seed: 4, count: 300 })).not.toEqual(stories);
    expect(() => generateStories({ seed: 1, count: 1, facts: [1, 3], supports: 2 })).toThrow(UsageError);
    expect(() => generateStories({ seed: 1, count: 1, facts: [3, 2] })).toThrow(UsageError);
  });

  it('are held out by what they say, whatever their order', () => {
    const { train, validation } = holdOutQuestions(stories, 0.1, 'stories');
    expect([train.length, validation.length]).toEqual([270, 30]);
    const place = (part: typeof stories) => new Set(part.map(({ facts }) => facts.join()));
    const again = holdOutQuestions([...stories].reverse(), 0.1, 'stories');
    expect(place(again.validation)).toEqual(place(validation));
    expect([...train, ...validation].map((q) => q.place).sort()).toEqual(stories.map((q) => q.place).sort());
    expect(() => holdOutQuestions(stories.slice(0, 3), 0.1, 'stories')).toThrow('stories has 3 questions');
    expect(() => holdOutQuestions(stories, 1, 'stories')).toThrow(DataError);
  });
});
