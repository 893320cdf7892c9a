import { beforeAll, describe, expect, it } from 'vitest';
import { generateStories } from '../../src/data/storiesGenerated.ts';
import { DataError, UsageError } from '../../src/errors.ts';
import { type Backend, openRuntime } from '../../src/runtime/index.ts';
import { trainQuestions } from '../../src/tasks/questions.ts';
import { Answerer } from '../../src/tasks/questionsAnswerer.ts';
import { buildQuestionCodecs, type QuestionsSettings } from '../../src/tasks/questionsExamples.ts';
import {
  PAPER_ALONE_ERRORS,
  PAPER_JOINT_ERRORS,
  paperQuestions,
  trainTasks,
} from '../../src/tasks/questionsExperiment.ts';
import type { LinearStartState } from '../../src/tasks/questionsLinearStart.ts';
import type { SavedTraining } from '../../src/tasks/training.ts';
import type { TrainingEvent } from '../../src/training/index.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openRuntime({ threads: 1 });
});

/** The paper's settings, but for few epochs. */
function recipe(
  changes: Partial<QuestionsSettings['training']> = {},
  model: Partial<QuestionsSettings['model']> = {},
): QuestionsSettings {
  const paper = paperQuestions('single');
  return {
    ...paper,
    model: { ...paper.model, memory: 10, positions: 6, ...model },
    training: { ...paper.training, ...changes } as QuestionsSettings['training'],
  };
}

const LEARN = {
  epochs: 25,
  linearStart: { epochs: 10 },
  optimizer: { type: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const,
};

describe('questions', () => {
  for (const [tying, supports] of [
    ['adjacent', 1],
    ['adjacent', 2],
    ['layerwise', 1],
  ] as const) {
    it(`are learned, and the facts that the answer follows from are read: ${tying}, ${supports} of them`, async () => {
      const tasks = [
        {
          name: 'where',
          train: generateStories({ seed: 1, count: 800, supports }),
          test: generateStories({ seed: 2, count: 200, supports }),
        },
      ];
      const settings = recipe(LEARN, { tying });
      const { mean, codecs, parameters, errors } = await trainTasks(settings, tasks, backend);
      expect(errors).toEqual([{ name: 'where', error: mean, questions: 200 }]);
      expect(mean).toBeLessThan(5);
      const { layout } = await layoutOf(settings, codecs);
      const answerer = new Answerer(settings, codecs, { layout, parameters }, backend);
      const answers = await answerer.answer(tasks[0].test);
      // In some hop each supporting fact is what is read most.
      let found = 0;
      for (const [i, { attention }] of answers.entries()) {
        const most = attention.map((row) => row.indexOf(Math.max(...row)));
        found += Number(tasks[0].test[i].supports.every((fact) => most.includes(fact)));
      }
      expect(found / answers.length).toBeGreaterThan(0.8);
      await answerer.dispose();
    });
  }

  it('are answered with what was remembered, what was read, and which words nobody knows', async () => {
    const train = generateStories({ seed: 1, count: 200 });
    const settings = recipe({ epochs: 1, linearStart: undefined }, { memory: 3 });
    const codecs = buildQuestionCodecs(train, settings);
    const training = await trainQuestions(settings, { train }, codecs, backend);
    for await (const _ of training.events);
    const answerer = new Answerer(settings, codecs, training.program, backend);
    const facts = [
      'Ada went to the office.',
      'Ada slept.',
      'Tove walked to the Café.',
      'Emil moved to the garden.',
    ];
    const question = { facts, question: 'Where is Ada?', place: 'here' };
    const [answer] = await answerer.answer([question], { nBest: 3 });
    expect(answer.facts).toEqual(facts.slice(1));
    expect(answer.unknownWords).toEqual(['slept', 'café']);
    expect(answer.best).toHaveLength(3);
    expect(answer.best[0]).toEqual({ text: answer.text, probability: answer.probability });
    expect(answer.best[1].probability).toBeLessThanOrEqual(answer.probability);
    expect(answer.attention.map((row) => row.length)).toEqual([3, 3, 3]);
    // An unknown word means nothing: another one is answered alike.
    const other = { ...question, facts: facts.map((fact) => fact.replace('slept', 'sang')) };
    expect((await answerer.answer([other]))[0].probability).toBe(
      (await answerer.answer([question]))[0].probability,
    );
    await expect(answerer.answer([{ ...question, facts: [] }])).rejects.toThrow(
      'here asks "Where is Ada?" before anything was told',
    );
    await expect(answerer.answer([{ ...question, question: 'Quid novi?' }])).rejects.toThrow(DataError);
    await expect(answerer.answer([{ ...question, question: '?' }])).rejects.toThrow('knows no word');
    await answerer.dispose();
    await training.program.dispose();
  });

  it('resume to the bit, in a linear start and after it', async () => {
    const train = generateStories({ seed: 1, count: 100 });
    const validation = generateStories({ seed: 5, count: 30 });
    const settings = recipe({
      epochs: 2,
      linearStart: { epochs: 2 },
      optimizer: LEARN.optimizer,
      movingAverage: 0.9,
    });
    const codecs = buildQuestionCodecs(train, settings);
    const run = async (resume?: SavedTraining) => {
      const training = await trainQuestions(settings, { train, validation }, codecs, backend, { resume });
      const seen: TrainingEvent[] = [];
      const saved: SavedTraining[] = [];
      for await (const event of training.events) {
        seen.push(event);
        if (event.type !== 'checkpoint') continue;
        const slots = Object.entries(training.optimizer.slots).map(([n, s]) => [n, s.slice()] as const);
        const state = JSON.parse(JSON.stringify(event.state)) as SavedTraining['state'];
        const { program } = training;
        saved.push({ parameters: program.parameters.slice(), slots: Object.fromEntries(slots), state });
      }
      const final = training.program.parameters.slice();
      await training.program.dispose();
      return { seen, saved, final, plannedSteps: training.plannedSteps };
    };
    const whole = await run();
    expect(whole.plannedSteps).toBe(16);
    const steps = whole.seen.flatMap((event) => (event.type === 'step' ? [event] : []));
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
    expect(steps.map(({ epoch }) => epoch)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 1, 2, 2, 2, 2]);
    const states = whole.saved.map(({ state }) => state as LinearStartState);
    expect(states.map(({ step, linearStart }) => [step, linearStart === 'running'])).toEqual([
      [4, true],
      [8, true],
      [12, false],
      [16, false],
    ]);
    const best = whole.seen.flatMap((event) => (event.type === 'checkpoint' ? [event.isBest] : []));
    expect(best.slice(0, 2)).toEqual([false, false]);
    expect(whole.seen.filter(({ type }) => type === 'done')).toHaveLength(1);
    const lossesFrom = (from: number) => steps.filter(({ step }) => step > from).map(({ loss }) => loss);
    for (const from of whole.saved) {
      const rest = await run(from);
      const losses = rest.seen.flatMap((event) => (event.type === 'step' ? [event.loss] : []));
      expect(losses, `after step ${from.state.step}`).toEqual(lossesFrom(from.state.step));
      expect(rest.final).toEqual(whole.final);
    }
  });

  it('end their linear start when its validation loss no longer falls', async () => {
    const train = generateStories({ seed: 1, count: 60 });
    const settings = recipe({ epochs: 1, linearStart: { epochs: 40, patience: 2, learningRate: 0.5 } });
    const codecs = buildQuestionCodecs(train, settings);
    const validation = generateStories({ seed: 5, count: 30 });
    const training = await trainQuestions(settings, { train, validation }, codecs, backend);
    const losses: number[] = [];
    let linearSteps = 0;
    for await (const event of training.events) {
      if (event.type === 'validation' && event.metrics.exactMatch === undefined) {
        losses.push(event.metrics.loss);
        linearSteps = event.step;
      }
    }
    await training.program.dispose();
    const falls = losses.map((loss, i) => loss < Math.min(...losses.slice(0, i)));
    expect(losses.length).toBeLessThan(40);
    expect(falls.slice(-2)).toEqual([false, false]);
    expect(linearSteps).toBe(2 * losses.length);
    const blind = trainQuestions(settings, { train }, codecs, backend);
    await expect(blind).rejects.toThrow(UsageError);
  });

  it('are trained again and again, and the best by training loss is taken', async () => {
    const train = generateStories({ seed: 1, count: 100 });
    const settings = recipe({ epochs: 1, linearStart: undefined });
    const found = await trainTasks(settings, [{ name: 'one', train, test: train }], backend, { restarts: 3 });
    expect(found.restarts.map(({ seed }) => seed)).toEqual([1, 2, 3]);
    const losses = found.restarts.map(({ trainingLoss }) => trainingLoss);
    expect(found.trainingLoss).toBe(Math.min(...losses));
    expect(new Set(losses).size).toBe(3);
    await expect(trainTasks(settings, [], backend)).rejects.toThrow(DataError);
  });
});

describe('the paper', () => {
  it('has a mean error of 12.4 on all tasks together, of 13.9 on each alone', () => {
    expect(PAPER_JOINT_ERRORS).toHaveLength(20);
    expect(PAPER_JOINT_ERRORS.reduce((a, b) => a + b) / 20).toBeCloseTo(12.4, 1);
    expect(PAPER_ALONE_ERRORS).toHaveLength(20);
    expect(Math.abs(PAPER_ALONE_ERRORS.reduce((a, b) => a + b) / 20 - 13.9)).toBeLessThan(0.05);
  });
});

/** Where the parameters of a recipe lie. */
async function layoutOf(settings: QuestionsSettings, codecs: Parameters<typeof trainQuestions>[2]) {
  const train = generateStories({ seed: 1, count: 1 });
  const { program } = await trainQuestions(settings, { train }, codecs, backend);
  await program.dispose();
  return program;
}
