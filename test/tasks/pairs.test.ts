import { describe, expect, it } from 'vitest';
import { EOS, UNK } from '../../src/data/vocabulary.ts';
import { UsageError } from '../../src/errors.ts';
import { parseTranslationRecipe } from '../../src/formats/index.ts';
import { Builder } from '../../src/nn/builder.ts';
import { lossGraph } from '../../src/programs/pairLoss.ts';
import {
  buildCodecs,
  buildModel,
  copiedWords,
  encodePairs,
  pairBatch,
  trainingPairs,
} from '../../src/tasks/pairs.ts';

const TEXT = [
  ['the low cat sat lower', 'die tiefe katze'],
  ['the lowest cat sat', 'die tiefste katze sass'],
  ['a new newer newest widest cat', 'eine neue neuere katze'],
  ['the widest low new cats', 'die weiten neuen katzen'],
];
const pairs = TEXT.map(([source, target], i) => ({ source, target, line: i + 1 }));

const recipeOf = (rest: string) =>
  parseTranslationRecipe(
    `task: translation\ndata: { train: { tsv: x.tsv }, maxLength: 60 }\ntraining: { epochs: 1, batch: { sentences: 4 } }\n${rest}`,
    'r.yaml',
  );
const BPE = '{ tokens: bpe, maxSize: 310, lowercase: true }';
const MODEL =
  'model: { type: rnnsearch, embedding: 4, hidden: 4, attention: 4, readout: 4, dropout: 0, tie: all }';

describe('buildCodecs', () => {
  it('learns parts of words, and writes what training never saw', () => {
    const codecs = buildCodecs(recipeOf(`source: ${BPE}\ntarget: ${BPE}`), pairs);
    expect(codecs.source.vocabulary.size).toBeLessThanOrEqual(310);
    expect(codecs.source.tokens('the lowest')).not.toEqual([...'the lowest']);
    for (const text of ['the newest widest cat', 'Žluťoučký 🐈']) {
      const ids = codecs.source.encode(text);
      expect(ids).not.toContain(UNK);
      expect(codecs.source.decode(ids)).toBe(text.toLowerCase());
    }
    expect(codecs.source.vocabulary.toJSON()).not.toEqual(codecs.target.vocabulary.toJSON());
  });

  it('makes one vocabulary of both sides when it is joint, and ties all vectors over it', () => {
    const recipe = recipeOf(`source: ${BPE}\ntarget: ${BPE}\njoint: true\n${MODEL}`);
    const codecs = buildCodecs(recipe, pairs);
    expect(codecs.source).toBe(codecs.target);
    const model = buildModel(recipe, codecs);
    expect(model.targetVocabulary).toBe(codecs.source.vocabulary.size);
    const tablesOf = (tie: 'none' | 'target' | 'all') => {
      const builder = new Builder();
      lossGraph(buildModel({ model: { ...recipe.model, tie } }, codecs), builder);
      return builder.parameters.map(({ spec }) => spec.name).filter((name) => name.endsWith('.table'));
    };
    expect(tablesOf('all')).toEqual(['embedding.table']);
    expect(tablesOf('target')).toEqual(['encoder.embedding.table', 'decoder.embedding.table']);
    expect(tablesOf('none')).toContain('decoder.readout.logits.table');
    const two = buildCodecs({ ...recipe, joint: false }, pairs);
    expect(() => buildModel(recipe, two)).toThrow(UsageError);
  });

  it('refuses a joint vocabulary of sides described differently, and tying all without one', () => {
    expect(() => recipeOf(`source: ${BPE}\njoint: true`)).toThrow('target.tokens');
    expect(() => recipeOf(`source: ${BPE}\ntarget: ${BPE}\n${MODEL}`)).toThrow('joint: true');
    expect(() => recipeOf('source: { tokens: word, dropout: 0.1 }')).toThrow('tokens: bpe');
  });
});

describe('trainingPairs', () => {
  const tokensOf = (recipe: ReturnType<typeof recipeOf>, epoch: number): string => {
    const codecs = buildCodecs(recipe, pairs);
    const batch = trainingPairs(recipe, pairs, codecs).batches(epoch).at(0);
    return Array.from(batch?.source ?? []).join();
  };

  it('cuts words anew every epoch with BPE dropout, and the same again for one epoch', () => {
    const dropping = recipeOf(`source: { tokens: bpe, maxSize: 310, dropout: 0.5 }\ntarget: ${BPE}`);
    expect(tokensOf(dropping, 1)).not.toBe(tokensOf(dropping, 2));
    expect(tokensOf(dropping, 2)).toBe(tokensOf(dropping, 2));
  });

  it('leaves a cut that fits no batch for another epoch, and never touches validation', () => {
    const dropping = recipeOf(`source: { tokens: bpe, maxSize: 310, dropout: 0.9 }\ntarget: ${BPE}`);
    const codecs = buildCodecs(dropping, pairs);
    const plain = encodePairs(pairs, codecs);
    const longest = Math.max(...plain.flatMap((e) => [e.source.length, e.target.length])) + 1;
    const training = { ...dropping.training, batch: { tokens: longest } };
    const found = trainingPairs({ ...dropping, training }, pairs, codecs);
    for (const epoch of [1, 2, 3, 4]) expect(found.batches(epoch).length).toBeGreaterThan(0);
    expect(encodePairs(pairs, codecs)).toEqual(plain);
  });

  it('says with which probability the model hears itself, by update', () => {
    const recipe = recipeOf('');
    const few = { ...recipe, training: { ...recipe.training, batch: { sentences: 1 }, accumulate: 2 } };
    const found = trainingPairs(few, pairs, buildCodecs(recipe, pairs), (step) => step / 100);
    const said = (epoch: number) => Array.from({ length: 4 }, (_, i) => found.batches(epoch).at(i)?.sampling);
    expect(said(1)).toEqual([0.01, 0.01, 0.02, 0.02]);
    expect(said(2)).toEqual([0.03, 0.03, 0.04, 0.04]);
  });
});

describe('copying', () => {
  const recipe = recipeOf('source: { tokens: word }\ntarget: { tokens: word }');
  const copying = { ...recipe, model: { ...recipe.model, copy: true } } as typeof recipe;
  const codecs = buildCodecs(recipe, [
    { source: 'call a b', target: 'call b', line: 1 },
    { source: 'a', target: 'a', line: 2 },
  ]);
  const V = codecs.target.vocabulary.size;

  it('numbers words that the target vocabulary does not hold from V on, in order, once each', () => {
    const { ids, extra } = copiedWords(['zoe', 'call', 'yan', 'zoe', 'a'], codecs);
    expect(extra).toEqual(['zoe', 'yan']);
    const [call] = codecs.target.vocabulary.encode(['call']);
    const [a] = codecs.target.vocabulary.encode(['a']);
    expect(ids).toEqual([V, call, V + 1, V, a]);
  });

  it('makes labels of them where the target says such a word, and UNK of words it can have from nowhere', () => {
    const given = [{ source: 'call zoe', target: 'call zoe xu', line: 1 }];
    const batch = trainingPairs(copying, given, codecs).batches(1).at(0);
    const [call] = codecs.target.vocabulary.encode(['call']);
    expect(Array.from(batch?.labels ?? [])).toEqual([call, V, UNK, EOS]);
    expect(Array.from(batch?.previous ?? []).slice(1)).toEqual([call, UNK, UNK]);
    expect(Array.from(batch?.copied ?? [])).toEqual([call, V, EOS]);
  });

  it('is left out of batches for models that do not copy', () => {
    expect(pairBatch([{ source: [5], target: [6] }]).copied).toBeUndefined();
  });
});
