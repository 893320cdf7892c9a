import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ctcAlign, ctcBeamSearch, ctcGreedy, ctcLoss } from '../../../src/decoding/ctc/index.ts';
import { trainNgram } from '../../../src/decoding/language/index.ts';
import { sharedData } from '../../data/shared.ts';

const folder = sharedData('metrics/ctc-decoder');
const alphabet = ' !"#&\'()*+,-./0123456789:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const read = (file: string) => readFileSync(join(folder as string, file), 'utf8');
const matrix = (file: string) =>
  read(file)
    .trim()
    .split('\n')
    .map((line) => line.split(';').filter(Boolean).map(Number));

describe.skipIf(!folder)(`real text recognisers${folder ? '' : ' (no shared data here)'}`, () => {
  const line = () => matrix('line_rnnOutput.csv');
  const word = () => matrix('word_rnnOutput.csv');
  const truth = 'the fake friend of the family, like the';

  it('give the known best paths and loss', () => {
    expect(ctcGreedy(line(), { alphabet }).text).toBe('the fak friend of the fomly hae tC');
    expect(ctcGreedy(word(), { alphabet }).text).toBe('aircrapt');
    expect(Math.abs(ctcLoss(line(), truth, { alphabet }) - 28.090721774903226)).toBeLessThan(1e-9);
  });

  it('align with the truth', () => {
    const { frames, logProb } = ctcAlign(line(), truth, { alphabet });
    expect(frames.length).toBe(truth.length);
    expect(logProb).toBeLessThan(-28.09);
    const { frames: best } = ctcGreedy(line(), { alphabet });
    // "the fak" is read the same.
    expect(frames.slice(0, 7)).toEqual(best.slice(0, 7));
  });

  it('are more probable in the sum over alignments than on the best path, and need not say the same', () => {
    const greedy = ctcGreedy(line(), { alphabet });
    const [best, ...others] = ctcBeamSearch(line(), { alphabet, nBest: 3 });
    expect(best.text).toBe('the fak friend of the fomcly hae tC');
    expect(others.map(({ text }) => text)).toContain(greedy.text);
    expect(-ctcLoss(line(), best.labels)).toBeGreaterThan(-ctcLoss(line(), greedy.labels));
    expect(best.logProb).toBeGreaterThan(ctcAlign(line(), best.labels).logProb);
    expect(best.logProb).toBeLessThan(-ctcLoss(line(), best.labels));
  });

  it('are put right by a lexicon', () => {
    const said = read('line_corpus.txt').split(/\s+/).filter(Boolean);
    const [best] = ctcBeamSearch(line(), { alphabet, lexicon: said });
    expect(best.text).toMatch(/^the fake friend of the family, /);
    const [first, second] = ctcBeamSearch(word(), {
      alphabet,
      lexicon: read('word_corpus.txt').split(/\s+/).filter(Boolean),
      nBest: 2,
    });
    expect(first.text).toBe('aircraft');
    expect(first.score - second.score).toBeGreaterThan(5);
  });

  it('are put right by language models of words and of letters', () => {
    const corpus = read('line_corpus.txt').trim();
    const smoothing = { type: 'kneserNey' } as const;
    const said = corpus.split(/\s+/);
    const words = trainNgram([said], { order: 2, smoothing });
    const [alone] = ctcBeamSearch(line(), { alphabet, languageModel: words });
    expect(alone.text).toMatch(/^the fake friend of the /);
    const [both] = ctcBeamSearch(line(), { alphabet, languageModel: words, lexicon: said });
    expect(both.text).toMatch(/^the fake friend of the family, /);
    expect(both.logProb).toBeLessThan(alone.logProb);
    const letters = trainNgram([[...corpus]], { order: 3, smoothing, vocabulary: [...alphabet] });
    const [spelt] = ctcBeamSearch(line(), { alphabet, languageModel: letters, unit: 'label' });
    expect(spelt.text).toMatch(/^the fake friend of the family, /);
  });
});
