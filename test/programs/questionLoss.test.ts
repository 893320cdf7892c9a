import { beforeAll, describe, expect, it } from 'vitest';
import { UNK } from '../../src/data/vocabulary.ts';
import { DataError } from '../../src/errors.ts';
import { memn2n } from '../../src/models/memn2n.ts';
import { type AnsweredQuestion, questionLoss, storyFeeds } from '../../src/programs/questionLoss.ts';
import { QuestionProgram, questionModel } from '../../src/programs/questionProgram.ts';
import { TrainingProgram } from '../../src/programs/training.ts';
import { Random } from '../../src/random.ts';
import { type Backend, openRuntime } from '../../src/runtime/index.ts';

const MODEL = { memory: 4, positions: 3 };
const QUESTIONS: AnsweredQuestion[] = [
  { facts: [[4, 5, 4], [6], [5, 7]], question: [6, 5], answer: 7 },
  { facts: [[8, UNK, 6, 4, 8]], question: [UNK, 8], answer: 4 },
];

const list = (tensor: { data: ArrayLike<unknown> }) => Array.from(tensor.data, Number);

describe('what is fed of questions', () => {
  it('is which words are where in each sentence, how old facts are and whose', () => {
    const feeds = storyFeeds(QUESTIONS, MODEL);
    expect(list(feeds.words)).toEqual([4, 5, 6, 7, 8]);
    expect(feeds.factCounts.shape).toEqual([4, 5]);
    expect(list(feeds.factCounts)).toEqual([
      ...[2, 1, 0, 0, 0],
      ...[0, 0, 1, 0, 0],
      ...[0, 1, 0, 1, 0],
      ...[1, 0, 1, 0, 2],
    ]);
    // The j-th of three places is at (j − ½)/3; words behind the third stand there, an unknown one holds its place.
    const [first, second, third] = [1 / 6, 3 / 6, 5 / 6].map(Math.fround);
    const places = [
      ...[Math.fround(first + third), second, 0, 0, 0],
      ...[0, 0, first, 0, 0],
      ...[0, first, 0, second, 0],
      ...[third, 0, third, 0, Math.fround(first + third)],
    ];
    for (const [i, x] of list(feeds.factPlaces).entries()) expect(x).toBeCloseTo(places[i], 6);
    expect(list(feeds.questionCounts)).toEqual([0, 1, 1, 0, 0, 0, 0, 0, 0, 1]);
    expect(list(feeds.questionPlaces)[9]).toBeCloseTo(second, 6);
    // The last fact told is the youngest.
    expect(list(feeds.ages)).toEqual([2, 1, 0, 0]);
    expect(list(feeds.stories)).toEqual([0, 0, 0, 1]);
  });

  it('keeps to the oldest time that the model remembers', () => {
    const long = { facts: Array.from({ length: 7 }, () => [4]), question: [4] };
    expect(list(storyFeeds([long], MODEL).ages)).toEqual([3, 3, 3, 3, 2, 1, 0]);
  });

  it('still is something where every word is unknown, and nothing where there are no facts', () => {
    const feeds = storyFeeds([{ facts: [[UNK]], question: [] }], MODEL);
    expect(list(feeds.factCounts)).toEqual([0]);
    expect(list(feeds.questionCounts)).toEqual([0]);
    expect(() => storyFeeds([QUESTIONS[0], { facts: [], question: [4] }], MODEL)).toThrow(DataError);
    expect(() => storyFeeds([QUESTIONS[0], { facts: [], question: [4] }], MODEL)).toThrow('question 2');
  });

  it('has a tenth of empty memories among the facts where there is noise, their order as it was', () => {
    const random = new Random(1);
    const story = { facts: Array.from({ length: 20 }, () => [4]), question: [4] };
    let empty = 0;
    const distinct = new Set<string>();
    for (let i = 0; i < 4000; i++) {
      const ages = list(storyFeeds([story], { memory: 1000, positions: 3 }, { rate: 0.1, random }).ages);
      for (const [k, age] of ages.entries()) if (k > 0) expect(age).toBeLessThan(ages[k - 1]);
      empty += ages[0] - 19;
      distinct.add(ages.join());
    }
    expect(empty / 80_000).toBeCloseTo(0.1, 2);
    expect(distinct.size).toBeGreaterThan(1000);
  });
});

describe('the loss and the answers', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await openRuntime({ threads: 1 });
  });
  const model = memn2n({
    ...MODEL,
    vocabulary: 9,
    embedding: 5,
    hops: 2,
    temporal: true,
    tying: 'adjacent',
  });
  const compile = async (timeNoise: number) => {
    const program = await TrainingProgram.compile(questionLoss(model, { timeNoise }), backend, { seed: 1 });
    for (const [i, x] of program.parameters.entries()) program.parameters[i] = 8 * x;
    return program;
  };

  it('are one: −ln of the probability of the answer, with the softmax of the memories', async () => {
    const program = await compile(0.5);
    const answerer = await QuestionProgram.compile(model, program, backend);
    const found = await answerer.answer(QUESTIONS);
    const expected = found.reduce(
      (sum, { probabilities }, b) => sum - Math.log(probabilities[QUESTIONS[b].answer]) / 2,
      0,
    );
    const batch = { questions: QUESTIONS, linear: false };
    const { loss, tokens } = await program.evaluate(batch);
    expect(loss).toBeCloseTo(expected, 5);
    expect(tokens).toBe(2);
    expect((await program.evaluate({ ...batch, linear: true })).loss).not.toBeCloseTo(expected, 3);
    for (const { probabilities, attention } of found) {
      expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      expect(attention).toHaveLength(2);
    }
    expect(found.map(({ attention }) => attention.map((row) => row.length))).toEqual([
      [3, 3],
      [1, 1],
    ]);
    // Alone as together: nobody reads the facts of another story.
    const [alone] = await answerer.answer([QUESTIONS[1]]);
    for (const [k, row] of alone.attention.entries()) {
      expect(row[0]).toBeCloseTo(found[1].attention[k][0], 6);
      expect(row[0]).toBeGreaterThan(0);
    }
    await answerer.dispose();
    await program.dispose();
  });

  it('have noise in training alone, from the generator', async () => {
    const noisy = await compile(0.5);
    const quiet = await compile(0);
    const batch = { questions: QUESTIONS, linear: false };
    const { loss } = await quiet.evaluate(batch);
    expect((await noisy.evaluate(batch)).loss).toBe(loss);
    expect((await quiet.step(batch, new Random(1))).loss).toBeCloseTo(loss, 6);
    const drawn = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      const once = (await noisy.step(batch, new Random(seed))).loss;
      expect((await noisy.step(batch, new Random(seed))).loss).toBe(once);
      drawn.add(once);
    }
    expect(drawn.size).toBeGreaterThan(3);
    await noisy.dispose();
    await quiet.dispose();
  });

  it('are an ONNX model that neither a linear start nor a label is an input of', async () => {
    const program = await compile(0);
    const loaded = await backend.load(questionModel(model, program));
    const inputs = Object.keys(storyFeeds(QUESTIONS, MODEL)).sort();
    expect([...loaded.inputs].sort()).toEqual(inputs);
    expect([...loaded.outputs].sort()).toEqual(['attention1', 'attention2', 'probabilities']);
    await loaded.dispose();
    await program.dispose();
  });
});
