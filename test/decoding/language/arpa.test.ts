import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NgramModel, parseArpa, printArpa, trainNgram } from '../../../src/decoding/language/index.ts';
import { DataError } from '../../../src/errors.ts';
import { histories, smallCorpora, zipfCorpus } from './corpora.ts';

const text = `A model by hand.
The mark of the beginning is \\data\\ on a line of its own.

\\data\\
ngram 1=5
ngram 2 = 3
ngram 3=1

\\1-grams:
-99\t<s>\t-0.5
-1.0\t</s>
-0.6 a -0.25
 -.8\tb\t-3e-1\r
-2\t<UNK>

\\2-grams:
-0.1 <s> a -0.2
-0.3\ta  b\t0.1
-0.7 b </s>

\\3-grams:
-0.05 <s> a b

\\end\\
and a last word
`;

const log10 = (model: NgramModel, history: string[], word: string) =>
  model.score(model.stateOf(history), word).logProb / Math.LN10;

describe('parseArpa', () => {
  it('reads a model and backs off', () => {
    const model = parseArpa(text, 'hand.arpa');
    expect(model.order).toBe(3);
    expect(model.vocabulary).toEqual(['<s>', '</s>', 'a', 'b', '<UNK>']);
    expect(log10(model, ['<s>', 'a'], 'b')).toBeCloseTo(-0.05, 12);
    expect(log10(model, ['b', 'a'], 'b')).toBeCloseTo(-0.3, 12);
    // <s> a gives -0.2, a gives -0.25
    expect(log10(model, ['<s>', 'a'], 'a')).toBeCloseTo(-0.2 - 0.25 - 0.6, 12);
    // a b is a context, but not of 3-grams: its weight counts
    expect(log10(model, ['a', 'b'], '</s>')).toBeCloseTo(0.1 - 0.7, 12);
    expect(log10(model, ['a', 'b'], 'b')).toBeCloseTo(0.1 - 0.3 - 0.8, 12);
    expect(log10(model, ['a'], 'zebra')).toBeCloseTo(-0.25 - 2, 12);
    expect(log10(model, ['zebra'], 'a')).toBeCloseTo(-0.6, 12);
    expect(model.logProb(['a', 'b'])).toBeCloseTo(Math.LN10 * (-0.1 - 0.05 + 0.1 - 0.7), 12);
    expect(model.logProb([])).toBeCloseTo(Math.LN10 * (-0.5 - 1), 12);
    expect(model.end(model.start())).toBe(model.logProb([]));
  });

  it('reads a dummy model whose only 2-gram is the empty sentence', () => {
    const dummy = `\\data\\\nngram 1=3\nngram 2=1\n\n\\1-grams:\n-0.3010 <UNK>\t0.0000\n-0.3010\t</s>\t-99.0000\n-99.0000\t<s>\t 0.0000\n\n\\2-grams:\n0.0000 <s> </s>\n\\end\\\n`;
    const model = parseArpa(dummy, 'dummy');
    expect(model.logProb([])).toBe(0);
    expect(model.logProb(['x'])).toBeCloseTo(-0.602 * Math.LN10, 12);
  });

  it.each([
    ['no data', 'hello', 'No line \\data\\ in x.arpa'],
    ['a broken count', text.replace('2 = 3', '2=many'), 'Line 6 of x.arpa, "ngram 2=many"'],
    ['a missing length', text.replace('ngram 2 = 3\n', ''), 'Line 6 of x.arpa, "ngram 3=1"'],
    ['no counts', text.replace(/ngram.*\n/g, ''), 'expected "ngram 1=" and a count'],
    [
      'too few',
      text.replace('1=5', '1=6'),
      'Line 16 of x.arpa, "\\2-grams:"; expected 6 1-grams as the header says, not 5',
    ],
    ['too many', text.replace('3=1', '3=0'), 'expected 0 3-grams as the header says, not 1'],
    ['a missing section', text.replace('\\2-grams:', '\\3-grams:'), 'expected the section \\2-grams:'],
    ['no end mark', text.slice(0, text.indexOf('\\end\\')), 'x.arpa ends at line 23; expected the end mark'],
    [
      'another section',
      text.replace('\\end\\', '\\4-grams:'),
      'Line 24 of x.arpa, "\\4-grams:"; expected the end mark',
    ],
    ['a probability above 1', text.replace('-0.6 a', '0.6 a'), 'Line 12 of x.arpa, "0.6 a -0.25"'],
    ['no number', text.replace('-0.6 a', '-0.6x a'), '"-0.6x" is no number'],
    ['no number as weight', text.replace('a -0.25', 'a nan'), '"nan" is no number'],
    [
      'a cut line',
      text.replace('-0.7 b </s>', '-0.7 b'),
      'Line 19 of x.arpa, "-0.7 b"; expected a log-probability, 2 tokens',
    ],
    ['a weight of the longest', text.replace('<s> a b', '<s> a b -1'), 'Line 22 of x.arpa'],
    [
      'an n-gram twice',
      text.replace('b </s>', 'a b'),
      'Line 19 of x.arpa, "-0.7 a b"; expected each n-gram once',
    ],
    ['a word twice', text.replace('<UNK>', 'a'), 'expected each n-gram once'],
    ['an unknown word', text.replace('b </s>', 'b c'), 'words that are 1-grams; "c" is none'],
    ['no sentence start', text.replaceAll('<s>', '<x>'), 'No <s> among the 1-grams of x.arpa'],
  ])('refuses %s', (_, broken, message) => {
    expect(() => parseArpa(broken, 'x.arpa')).toThrow(DataError);
    expect(() => parseArpa(broken, 'x.arpa')).toThrow(message);
  });

  it('scores pruned models, whose contexts and suffixes may be missing, by the formula of the format', () => {
    const full = printArpa(trainNgram(zipfCorpus(60, 9), { order: 4, smoothing: { type: 'kneserNey' } }));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 7, maxLength: 7 }), (draws) => {
        // drops some n-grams of each length, but no words
        let line = 0;
        const sections = full.split(/\n\n/).map((section) => {
          const [head, ...rest] = section.split('\n');
          if (!/^\\[234]-grams/.test(head)) return section;
          return [head, ...rest.filter(() => draws[line++ % draws.length] < 5)].join('\n');
        });
        const counts = sections.map((section) => section.split('\n').length - 1);
        const pruned = sections
          .join('\n\n')
          .replace(/ngram ([234])=\d+/g, (_, n: string) => `ngram ${n}=${counts[Number(n)]}`);
        const model = parseArpa(pruned, 'pruned');
        const table = new Map<string, [number, number]>();
        for (const entry of pruned.matchAll(/^(\S+)\t([^\t\n]+)(?:\t(\S+))?$/gm)) {
          table.set(entry[2], [Number(entry[1]), Number(entry[3] ?? 0)]);
        }
        const naive = (history: string[], word: string): number => {
          const entry = table.get([...history, word].join(' '));
          if (entry) return entry[0];
          return (table.get(history.join(' '))?.[1] ?? 0) + naive(history.slice(1), word);
        };
        for (const sentence of zipfCorpus(60, 9).slice(0, 30)) {
          let state = model.start();
          for (const [i, word] of sentence.entries()) {
            const scored = model.score(state, word);
            const history = ['<s>', ...sentence.slice(0, i)].slice(-3);
            expect(scored.logProb).toBeCloseTo(Math.LN10 * naive(history, word), 10);
            state = scored.state;
          }
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('printArpa', () => {
  it('writes what parseArpa reads back with equal scores, to the bit', () => {
    fc.assert(
      fc.property(smallCorpora, fc.integer({ min: 1, max: 5 }), fc.boolean(), (drawn, order, closed) => {
        const sentences = drawn.map((sentence) => sentence.map((token) => token.replace(' ', '\u00a0')));
        for (const smoothing of [{ type: 'kneserNey' }, { type: 'addK', k: 0.3 }] as const) {
          const model = trainNgram(sentences, { order, smoothing, closedVocabulary: closed });
          const again = parseArpa(printArpa(model), 'again');
          expect(printArpa(again)).toBe(printArpa(model));
          for (const history of histories(['a', 'b', 'd\u00a0e'], 3)) {
            expect(again.logProb(history.slice(1))).toBe(model.logProb(history.slice(1)));
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('keeps a pruned context out of the file', () => {
    const pruned = text.replace('-0.1 <s> a -0.2\n', '').replace('2 = 3', '2=2');
    const model = parseArpa(pruned, 'pruned');
    expect(log10(model, ['<s>', 'a'], 'b')).toBeCloseTo(-0.05, 12);
    expect(printArpa(model)).toContain('ngram 2=2\nngram 3=1\n');
  });

  it('refuses tokens that would fall apart', () => {
    const model = trainNgram([['a', ' ']], { order: 1, smoothing: { type: 'kneserNey' } });
    expect(() => printArpa(model)).toThrow(DataError);
    expect(() => printArpa(model)).toThrow('A token " "; expected tokens without spaces');
  });
});
