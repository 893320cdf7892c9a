/** Questions at the command line: stories in files, trained, asked, measured, drawn; and what is refused. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerAverage } from '../../src/cli/average.ts';
import { registerEvaluate } from '../../src/cli/evaluate.ts';
import { registerInspect } from '../../src/cli/inspect.ts';
import { registerPredict } from '../../src/cli/predict.ts';
import { registerReproduce } from '../../src/cli/reproduce/reproduce.ts';
import { registerTrain } from '../../src/cli/train.ts';
import type { StoryQuestion } from '../../src/data/stories.ts';
import { generateStories } from '../../src/data/storiesGenerated.ts';
import { PAPER_ALONE_ERRORS, PAPER_JOINT_ERRORS } from '../../src/tasks/questionsExperiment.ts';
import { elementsOf } from '../plots/xml.ts';
import { heedIn, workFolder } from './heed.ts';
import { heedHere } from './here.ts';

const folder = workFolder();
const { read, write } = heedIn(folder);
const here = (args: readonly string[]) =>
  heedHere(
    folder,
    (program) => {
      for (const register of [
        registerTrain,
        registerPredict,
        registerEvaluate,
        registerInspect,
        registerAverage,
        registerReproduce,
      ]) {
        register(program);
      }
    },
    args,
  );
const one = ['--threads', '1'];

/** A command to its good end. */
async function good(...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const ended = await here([...args, ...one]);
  if (ended.code !== 0) throw new Error(`heed ${args.join(' ')}: exit code ${ended.code}\n${ended.stderr}`);
  return ended;
}

/** What a command says that does not work. */
async function refused(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await here([...args, ...one]);
  expect({ failed: code !== 0, stdout }).toEqual({ failed: true, stdout: '' });
  expect(stderr).toMatch(/^heed: [\s\S]+; expected [\s\S]+\. \S/);
  return stderr.trimEnd().slice('heed: '.length);
}

const jsonLines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Stories as a file of bAbI has them. */
const babi = (questions: readonly StoryQuestion[]): string =>
  questions
    .map(({ facts, question, answer, supports }) => {
      const told = facts.map((fact, i) => `${i + 1} ${fact}\n`).join('');
      return `${told}${facts.length + 1} ${question} \t${answer}\t${supports.map((i) => i + 1).join(' ')}\n`;
    })
    .join('');

const RECIPE = `task: questions
seed: 3
data:
  train:
    - { stories: qa1_somebody_train.txt }
    - { stories: things.txt.gz }
  validation: { heldOut: 0.1 }
  test:
    - { stories: qa1_somebody_test.txt }
    - { stories: test-things.txt }
model: { embedding: 20, hops: 2, memory: 6, positions: 6 }
training:
  optimizer: { type: adam, learningRate: 0.01 }
  batch: { sentences: 32 }
  clipNorm: 5
  epochs: 12
  linearStart: { epochs: 6 }
  validateEvery: { epochs: 3 }
`;

const tests = generateStories({ seed: 11, count: 60 });

beforeAll(async () => {
  await write('qa1_somebody_train.txt', babi(generateStories({ seed: 1, count: 500 })));
  await write('things.txt.gz', gzipSync(babi(generateStories({ seed: 2, count: 300, supports: 2 }))));
  await write('qa1_somebody_test.txt', babi(tests));
  await write('test-things.txt', babi(generateStories({ seed: 12, count: 40, supports: 2 })));
  await write('tiny.yaml', RECIPE);
});

describe('train → predict → evaluate → inspect', () => {
  it('fills a run directory, tells what a memory smaller than its stories loses, and measures task by task', async () => {
    const { stdout, stderr } = await good('train', 'tiny.yaml');
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^memn2n: [\d,]+ parameters, vocabulary \d+, 720 questions of 2 tasks, 23 steps an epoch, on native/,
    );
    const [, long, most, lost] =
      /(\d+) questions are about more facts than the memory holds \(up to (\d)\): the last 6 are read; (\d+) follow from older ones \(model\.memory\)/.exec(
        stderr,
      ) ?? [];
    expect(Number(long)).toBeGreaterThan(Number(lost));
    expect(Number(most)).toBe(8);
    expect(stderr).toMatch(/validation at step 414: loss \S+ {2}exactMatch/);
    const [, mean] =
      /test: mean error ([\d.]+) % of 2 tasks, the largest [\d.]+ % \(.+\), [\d.]+ % of 100/.exec(
        stderr,
      ) as string[];
    expect(Number(mean)).toBeLessThan(30);
    expect((await readdir(join(folder, 'runs/tiny'))).filter((name) => !name.startsWith('events'))).toEqual([
      'checkpoints',
      'ended.json',
      'hypotheses.txt',
      'metrics.jsonl',
      'recipe.yaml',
      'report.html',
      'results.json',
      'shown.json',
      'target.json',
      'test.jsonl',
      'validation.jsonl',
    ]);
    const results = JSON.parse(await read('runs/tiny/results.json'));
    expect(results.metrics.meanError).toBeCloseTo(Number(mean), 0);
    expect(results.steps).toEqual([18 * 23]);
    expect(results.tasks.map(({ name, task, questions }: never) => [name, task, questions])).toEqual([
      ['1 single supporting fact', 1, 60],
      ['test-things.txt', undefined, 40],
    ]);
  });

  it('evaluate gives the figures of the run or of a file, with what it said', async () => {
    const results = JSON.parse(await read('runs/tiny/results.json'));
    const json = JSON.parse(
      (await good('evaluate', 'runs/tiny', '--json', '--hypotheses', 'said.txt')).stdout,
    );
    expect(json).toMatchObject({ metrics: results.metrics, tasks: results.tasks, sentences: 100 });
    expect(json.tasks[0].paper).toBe(PAPER_JOINT_ERRORS[0]);
    const said = (await read('said.txt')).trimEnd().split('\n');
    expect(await read('said.txt')).toBe(await read('runs/tiny/hypotheses.txt'));
    const wrong = tests.filter(({ answer }, i) => said[i] !== answer).length;
    expect(json.tasks[0].error).toBeCloseTo((100 * wrong) / 60, 9);
    const table = (await good('evaluate', 'runs/tiny')).stdout.trimEnd().split('\n');
    expect(table.map((line) => line.split(/ {2,}/)[0])).toEqual([
      'task',
      '1 single supporting fact',
      'test-things.txt',
      'mean',
    ]);
    expect(table[0]).not.toContain('paper');
    const alone = (await good('evaluate', 'runs/tiny', '--input', 'qa1_somebody_test.txt')).stdout;
    expect(alone).toMatch(
      /^task +error % +paper +questions\n1 single supporting fact +[\d.]+ +0\.0 +60\npaper: /,
    );
  });

  it('predict answers sentences that are typed', async () => {
    const told = ['Ada went to the office.', 'Emil moved to the garden. Where is Ada?'];
    const { stdout, stderr } = await good('predict', 'runs/tiny', ...told);
    expect([stdout, stderr]).toEqual(['office\n', '']);
    const several = await good('predict', 'runs/tiny', ...told, 'Where is Emil?', '--n-best', '3');
    const lines = several.stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.split('\t')[1])).toEqual(expect.arrayContaining(['office', 'garden']));
    expect(lines).toHaveLength(6);
    const [first, second] = lines.map((line) => Number(line.split('\t')[0]));
    expect(first).toBeGreaterThanOrEqual(second);
  });

  it('predict answers a line a question of a file, and tells all as JSON', async () => {
    const { stdout, stderr } = await good('predict', 'runs/tiny', '--input', 'qa1_somebody_test.txt');
    const said = (await read('said.txt')).split('\n').slice(0, 60);
    expect(stdout).toBe(said.map((line) => `${line}\n`).join(''));
    expect(stderr).toMatch(
      /^heed: \d+ questions about up to 8 facts, more than the memory holds: only the last 6 were read\n$/,
    );
    const args = ['predict', 'runs/tiny', '--input', 'qa1_somebody_test.txt'];
    const json = await good(...args, '--json', '--attention', 'attention.jsonl', '--output', 'answers.jsonl');
    expect(json.stdout).toBe('');
    expect(await read('attention.jsonl')).toBe(await read('answers.jsonl'));
    let pointed = 0;
    for (const [i, record] of jsonLines(await read('answers.jsonl')).entries()) {
      const { facts, question, answer, supports } = tests[i];
      const forgotten = Math.max(0, facts.length - 6);
      expect(record).toMatchObject({
        question,
        answer: said[i],
        expected: answer,
        facts: facts.slice(forgotten),
        supports: supports.flatMap((fact) => (fact < forgotten ? [] : [fact - forgotten])),
        unknownWords: [],
      });
      expect(record.place).toMatch(/^qa1_somebody_test\.txt:\d+$/);
      expect(record.best).toHaveLength(5);
      expect(record.best[0]).toEqual({ answer: record.answer, probability: record.probability });
      expect(record.attention.map((row: number[]) => row.length)).toEqual([
        record.facts.length,
        record.facts.length,
      ]);
      const read = record.facts.map(
        (_: string, n: number) => record.attention[0][n] + record.attention[1][n],
      );
      pointed += Number(record.supports[0] === read.indexOf(Math.max(...read)));
    }
    expect(pointed).toBeGreaterThan(40);
  });

  it('names words that it does not know, and draws what it read', async () => {
    const { stdout, stderr } = await good(
      ...['predict', 'runs/tiny', 'Ada went to the Café.', 'Ada moved to the office. Where now is Ada?'],
      ...['--attention', '-'],
    );
    expect(stderr).toBe(
      'heed: words that the model does not know, read as nothing: café (the command line), now (the command line)\n',
    );
    expect(stdout).toMatch(/^\w+\n +hop 1 +hop 2\n {2}1 Ada went to the Café\. .*\n {2}2 Ada moved/);
  });

  it('inspect draws facts and hops, supporting facts marked', async () => {
    const args = ['inspect', 'runs/tiny', '--input', 'qa1_somebody_test.txt', '--question', '2'];
    const { stdout, stderr } = await good(...args, '--out', 'map.svg');
    const said = (await read('said.txt')).split('\n')[1];
    expect(stdout).toBe('');
    expect(stderr).toContain(`, right is ${tests[1].answer}\nmap.svg: `);
    expect(stderr).toContain('question 2 of 60 (--question N for another)\n');
    const elements = elementsOf(await read('map.svg'));
    const texts = elements.flatMap(({ name, text }) => (name === 'text' ? [text] : []));
    expect(texts.slice(0, 2)).toEqual([tests[1].question, expect.stringMatching(`^Answer: ${said}, prob`)]);
    for (const fact of tests[1].facts.slice(-6)) expect(texts).toContain(fact);
    expect(elements.filter(({ name }) => name === 'circle')).toHaveLength(2);
    const typed = await good('inspect', 'runs/tiny', '--text', 'Ada went to the office. Where is Ada?');
    expect(typed.stdout).toMatch(
      /^Where is Ada\? {2}office\n +hop 1 +hop 2\n {2}1 Ada went to the office\. /,
    );
    expect(typed.stderr).toMatch(/^office, probability [\d.]+\n$/);
  });

  it('resumes to the bit, and goes on with no other model', async () => {
    // Steps of the limit are those after the linear start.
    await good('train', 'tiny.yaml', '--out', 'parts', '--set', 'training.maxSteps=92');
    await good('train', 'tiny.yaml', '--out', 'parts', '--resume');
    const losses = async (name: string) =>
      jsonLines(await read(`${name}/metrics.jsonl`)).flatMap(({ type, loss }) =>
        type === 'step' ? [loss] : [],
      );
    expect(await losses('parts')).toEqual(await losses('runs/tiny'));
    expect(await read('parts/hypotheses.txt')).toBe(await read('runs/tiny/hypotheses.txt'));
    const args = ['train', 'tiny.yaml', '--out', 'parts', '--resume', '--set'];
    expect(await refused(...args, 'model.hops=3')).toContain(
      '--resume with model.hops 3; expected 2, as the run has it',
    );
    expect(await refused(...args, 'data.validation.heldOut=0.2')).toContain(
      'data.validation.heldOut 0.2; expected 0.1',
    );
    expect(await refused(...args, 'training.linearStart=null')).toMatch(/linearStart/);
  });

  it('averages checkpoints into a model', async () => {
    expect((await here(['average', 'runs/tiny', '--last', '2', '--out', 'mean'])).code).toBe(0);
    const { stdout } = await good('predict', 'mean', 'Ada went to the office.', 'Where is Ada?');
    expect(stdout).toBe('office\n');
  });
});

describe('bad input', () => {
  const ask = (...args: string[]) => refused('predict', 'runs/tiny', ...args);
  it('is refused with what arrived, what was expected and what to do', async () => {
    await write('untold.txt', '1 Where is Ada?\n');
    await write('gap.txt', '1 Ada went to the office.\nEmil left.\n3 Where is Ada?\n');
    await write('falling.txt', '1 Ada went to the office.\n3 Emil left.\n2 Where is Ada?\n');
    await write('silent.txt', 'Ada went to the office.\n');
    await write('unanswered.txt', '1 Ada went to the office.\n2 Where is Ada?\n');
    await write('strange.txt', '1 Ada went to the office.\n2 Quid novi?\n');
    expect(await ask('--input', 'untold.txt')).toMatch(
      /^untold\.txt:1 asks "Where is Ada\?" before anything was told; /,
    );
    expect(await ask('--input', 'gap.txt')).toMatch(
      /^gap\.txt:2 begins "Emil left\."; expected a number, a space and/,
    );
    expect(await ask('--input', 'falling.txt')).toMatch(
      /^falling\.txt:3 has the number 2 after 3; expected numbers that/,
    );
    expect(await ask('--input', 'silent.txt')).toMatch(/^silent\.txt has no question; /);
    expect(await ask('--input', 'strange.txt')).toBe(
      'strange.txt:2 asks "Quid novi?", of which the model knows no word; expected words that occur in the data it was trained on. Ask in other words, or train on stories that have these.',
    );
    expect(await ask('--input', 'nowhere.txt')).toMatch(/^there is no file nowhere\.txt /);
    expect(await ask('Where is Ada?')).toMatch(
      /^the command line asks "Where is Ada\?" before anything was told; /,
    );
    expect(await ask('Ada went to the office.')).toMatch(/^the command line: 1 sentence and no question; /);
    expect(await ask('Ada left. Where is Ada?', '--beam', '3')).toMatch(
      /^--beam with a model of the task questions/,
    );
    expect(await refused('evaluate', 'runs/tiny', '--input', 'unanswered.txt')).toMatch(
      /^unanswered\.txt:2 is a question without an answer: /,
    );
    const inspect = (...args: string[]) => refused('inspect', 'runs/tiny', ...args);
    expect(await inspect()).toMatch(/^neither --input nor --text with a model that answers questions; /);
    expect(await inspect('--input', 'x', '--text', 'y')).toMatch(/^--input and --text; .* Leave one out\.$/);
    expect(await inspect('--text', 'Ada left. Where is Ada?', '--question', '2')).toMatch(
      /^--question 2 of the text, which has 1; expected 1 to 1\. /,
    );
    expect(await inspect('--audio', 'x.wav')).toMatch(/^--audio with a model of the task questions/);
  });

  it('of training too, before anything is written', async () => {
    const train = (...sets: string[]) =>
      refused('train', 'tiny.yaml', '--out', 'none', ...sets.flatMap((set) => ['--set', set]));
    expect(await train('data.train={stories: gap.txt}')).toMatch(/^gap\.txt:2 begins "Emil left\."/);
    expect(await train('data.train={stories: nowhere.txt}')).toMatch(/^there is no file nowhere\.txt; /);
    expect(await train('data.train={babi: ., part: train, tasks: [1, 2]}')).toMatch(
      /^\S+ has no file of task 2; /,
    );
    expect(await train('data.validation={heldOut: 0.0001}')).toMatch(
      /^1 single supporting fact has 500 questions, a share/,
    );
    expect(await train('training.averageCheckpoints={best: 2}')).toMatch(/training\.averageCheckpoints/);
    expect(await readdir(folder)).not.toContain('none');
  });
});

describe('heed reproduce memn2n', () => {
  const small = [
    ...['model.embedding=8', 'training.epochs=2', 'training.linearStart.epochs=1'],
    ...['training.schedule={type: constant}', 'training.optimizer={type: adam, learningRate: 0.01}'],
  ].flatMap((set) => ['--set', set]);
  const ask = (...more: string[]) => [
    ...['reproduce', 'memn2n', '--data', 'babi', '--instead', 'newer', '--tasks', '1,2', '--restarts', '2'],
    ...small,
    ...more,
  ];

  beforeAll(async () => {
    await mkdir(join(folder, 'babi/en'), { recursive: true });
    await mkdir(join(folder, 'newer'));
    for (const task of [1, 2] as const) {
      for (const [seed, part, count] of [
        [1, 'train', 200],
        [2, 'test', 50],
      ] as const) {
        const stories = generateStories({ seed: 10 * task + seed, count, supports: task });
        // Of the second task's test there is another file.
        const path = task === 2 && part === 'test' ? 'newer' : 'babi/en';
        await write(`${path}/qa${task}_things_${part}.txt`, babi(stories));
      }
    }
  });

  it('trains all tasks together again and again, and holds the best by training loss beside the paper', async () => {
    const { stdout, stderr } = await good(...ask('--out', 'joint'));
    expect(stderr).toContain('joint, training 2 of 2 (seed 2)');
    const results = JSON.parse(await read('joint/results.json'));
    const [{ restarts, chosen }] = results.models;
    const best = restarts[0].trainingLoss < restarts[1].trainingLoss ? 0 : 1;
    expect(chosen).toBe(`joint/joint-seed${best + 1}`);
    const run = JSON.parse(await read(`${chosen}/results.json`));
    expect(results.tasks.map(({ error }: { error: number }) => error)).toEqual(
      run.tasks.map(({ error }: { error: number }) => error),
    );
    expect(results.metrics.meanError).toBeCloseTo(run.metrics.meanError, 9);
    // The mean of the last epoch's 12 steps of 32 and a last of 8 questions: 360 of 400.
    const steps = jsonLines(await read(`${chosen}/metrics.jsonl`)).filter(({ type }) => type === 'step');
    const last = steps.slice(-12);
    expect(last.map(({ epoch }) => epoch)).toEqual(Array(12).fill(2));
    const sum = last.reduce((total, { loss, tokens }) => total + loss * tokens, 0);
    expect(restarts[best].trainingLoss).toBeCloseTo(sum / 360, 9);
    expect(stdout).toContain(`mean ${' '.repeat(20)}`);
    expect(stdout).toMatch(/2 two supporting facts +[\d.]+ +11\.4 +50\n/);
    const table = await read('joint/table.md');
    expect(table).toContain('| task | error % | paper | all restarts |');
    expect(table).toMatch(/\| \*\*mean\*\* \| \*\*[\d.]+\*\* \| \*\*5\.7\*\* \| [\d.]+ to [\d.]+ \|/);
    const figure = elementsOf(await read('joint/attention.svg'));
    expect(figure.filter(({ name }) => name === 'circle')).toHaveLength(3);
  });

  it('or each alone; takes finished runs as they are, and refuses what is not the same', async () => {
    const { stdout } = await good(...ask('--out', 'alone', '--alone', '--restarts', '1', '--json'));
    const { models, tasks } = JSON.parse(stdout);
    expect(models.map(({ name, tasks }: never) => [name, tasks])).toEqual([
      ['task1', [1]],
      ['task2', [2]],
    ]);
    expect(tasks.map(({ paper }: { paper: number }) => paper)).toEqual(PAPER_ALONE_ERRORS.slice(0, 2));
    const again = await good(...ask('--out', 'joint', '--resume'));
    expect(again.stderr.match(/finished before/g)).toHaveLength(2);
    expect(await refused(...ask('--out', 'joint'))).toMatch(/^joint, which exists; /);
    expect(await refused(...ask('--out', 'joint', '--resume', '--set', 'model.hops=1'))).toMatch(
      /^--resume, but joint\/joint-seed1 was trained with another recipe; /,
    );
    expect(await refused(...ask('--out', 'babi'))).toMatch(
      /^babi, which holds en; .* Choose another with --out\.$/,
    );
    expect(await refused('reproduce', 'memn2n', '--tasks', '1,21')).toMatch(
      /^--tasks 1,21; expected numbers from 1 to 20/,
    );
    expect(await refused('reproduce', 'memn2n', '--tasks', '1,1')).toMatch(/^--tasks 1,1; /);
  });
});
