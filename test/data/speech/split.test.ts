import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdOutSpeech, transcriptOverlap } from '../../../src/data/speech/split.ts';
import { DataError, UsageError } from '../../../src/errors.ts';
import { Random } from '../../../src/random.ts';

interface Spoken {
  id: string;
  text: string;
  speaker: string;
}

const corpus = fc
  .array(fc.constantFrom('ann', 'bob', 'cy', 'dee', 'eve'), { minLength: 2, maxLength: 30 })
  .map((speakers): Spoken[] =>
    speakers.map((speaker, i) => ({ id: `${speaker}/${i}`, text: 'GO', speaker })),
  );
const speakersOf = (utterances: readonly Spoken[]) => new Set(utterances.map(({ speaker }) => speaker));

describe('holding out speech', () => {
  it('takes so many utterances, or all of so many speakers, and keeps the order', () => {
    fc.assert(
      fc.property(corpus, fc.nat(4), fc.boolean(), (all, count, whole) => {
        const most = whole ? speakersOf(all).size : all.length;
        fc.pre(count < most);
        const size = whole ? { speakers: count } : { utterances: count };
        const { train, validation } = holdOutSpeech(all, size, 'train');
        expect(whole ? speakersOf(validation).size : validation.length).toBe(count);
        expect(train).toEqual(all.filter((one) => !validation.includes(one)));
        expect(validation).toEqual(all.filter((one) => !train.includes(one)));
        if (whole)
          for (const speaker of speakersOf(validation)) expect(speakersOf(train)).not.toContain(speaker);
      }),
    );
  });

  it('takes the same in any order, and more contains fewer', () => {
    fc.assert(
      fc.property(corpus, fc.nat(), fc.boolean(), (all, seed, whole) => {
        fc.pre(speakersOf(all).size > 2);
        const ids = (utterances: Spoken[], count: number) =>
          holdOutSpeech(utterances, whole ? { speakers: count } : { utterances: count }, 'train')
            .validation.map(({ id }) => id)
            .sort();
        const mixed = new Random(seed).shuffle([...all]);
        expect(ids(mixed, 2)).toEqual(ids(all, 2));
        expect(ids(all, 2)).toEqual(expect.arrayContaining(ids(all, 1)));
      }),
    );
  });

  it('refuses what cannot be', () => {
    const all = [
      { id: 'a/1', text: 'GO', speaker: 'a' },
      { id: '2', text: 'GO' },
    ];
    expect(() => holdOutSpeech(all, { utterances: 2 }, 'train')).toThrow(
      'train has 2 utterances; expected more',
    );
    expect(() => holdOutSpeech(all, { speakers: 1 }, 'train')).toThrow('2 of train has no speaker');
    expect(() => holdOutSpeech(all, { speakers: 1 }, 'train')).toThrow(DataError);
    expect(() => holdOutSpeech(all, { utterances: 0.5 }, 'train')).toThrow(UsageError);
    expect(holdOutSpeech(all, { utterances: 0 }, 'train')).toEqual({ train: all, validation: [] });
  });
});

describe('what the training set tells of the test', () => {
  const texts = (...all: string[]) => all.map((text) => ({ text }));

  it('is counted', () => {
    const train = texts('GO', 'A B C', 'STOP NOW');
    const test = texts('GO', 'GO', 'C B A', 'D GO D', 'NOW E', 'STOP');
    expect(transcriptOverlap(train, test)).toEqual({
      utterances: 6,
      repeated: 2,
      outOfVocabulary: ['D', 'E'],
      outOfVocabularyTokens: 3,
    });
    expect(transcriptOverlap([], test).outOfVocabularyTokens).toBe(11);
    expect(transcriptOverlap(train, [])).toMatchObject({ utterances: 0, repeated: 0, outOfVocabulary: [] });
  });
});
