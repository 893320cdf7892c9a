/** The reports of captions, questions and generated tasks, as they are trained and gone on with. */
import { beforeAll, describe, expect, it } from 'vitest';
import { registerReport } from '../../src/cli/report.ts';
import { registerTrain } from '../../src/cli/train.ts';
import { decodePicture } from '../../src/data/pictures/index.ts';
import { generateStories } from '../../src/data/storiesGenerated.ts';
import { chrf } from '../../src/metrics/index.ts';
import { PAPER_JOINT_ERRORS } from '../../src/tasks/questionsExperiment.ts';
import type { Sample, StepEvent, ValidationEvent } from '../../src/training/index.ts';
import { heedIn, workFolder } from './heed.ts';
import { heedHere } from './here.ts';

const folder = workFolder();
const { read, write } = heedIn(folder);
const here = (args: readonly string[]) =>
  heedHere(
    folder,
    (program) => {
      for (const register of [registerTrain, registerReport]) register(program);
    },
    args,
  );
async function train(...args: string[]): Promise<void> {
  const { code, stderr } = await here(['train', ...args, '--threads', '1']);
  if (code !== 0) throw new Error(stderr);
}
const report = (...args: string[]) => here(['report', ...args]);
const lines = async <Of>(name: string): Promise<Of[]> =>
  (await read(name))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const validationsOf = async (run: string): Promise<ValidationEvent[]> =>
  (await lines<ValidationEvent>(`${run}/metrics.jsonl`)).filter(({ type }) => type === 'validation');
const headings = (page: string): string[] =>
  [...page.matchAll(/<h[23][^>]*>(.*?)<\/h[23]>/g)].map(([, text]) => text);
/** The rows of a section's table, as texts. */
const rowsOf = (page: string, heading: string): string[][] => {
  const [, section = ''] = page.split(`>${heading}</h`);
  const [body] = section.split('</table>');
  return [...body.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell),
  );
};

/** Nothing is asked of a server, every drawing's references are its own, and the page is small. */
function checkPage(page: string): void {
  const links = [...page.matchAll(/\b(?:src|href|action)="([^"]*)"/g)].map(([, link]) => link);
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const link of links) {
    if (link.startsWith('#')) expect(ids).toContain(link.slice(1));
    else expect(link.slice(0, 22)).toBe('data:image/png;base64,');
  }
  expect(page).not.toContain('<script');
  expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|@import/);
  expect(page.length).toBeLessThan(400_000);
}

const KIND = 'shapes: [square, cross], colours: [red, green, blue], small: false, objects: [1, 1]';
const CAPTIONS = `task: captions
seed: 3
data:
  train: { drawings: 300, ${KIND} }
  validation: { heldOut: 40 }
  test: { drawings: 30, ${KIND} }
picture: { width: 16, height: 16, scale: { mean: [0.9], deviation: [0.15] } }
model: { type: captioner, encoder: { blocks: [{ channels: 8 }, { channels: 16 }] }, embedding: 16, hidden: 24, dropout: 0, attention: { size: 16 }, doublyStochastic: 0 }
training:
  optimizer: { type: adam, learningRate: 0.01 }
  batch: { sentences: 32 }
  maxSteps: 40
  validateEvery: { steps: 10 }
decoding: { beam: 2, maxLength: 8 }
`;
const QUESTIONS = `task: questions
seed: 2
data:
  train:
    - { stories: qa1_train.txt }
    - { stories: qa2_train.txt }
  validation: { heldOut: 0.1 }
  test:
    - { stories: qa1_test.txt }
    - { stories: qa2_test.txt }
model: { type: memn2n, embedding: 16, hops: 2, memory: 10, temporal: true }
training:
  optimizer: { type: adam, learningRate: 0.01 }
  batch: { sentences: 32 }
  epochs: 4
  linearStart: { epochs: 1 }
`;
const COPY = `task: algorithm
seed: 1
data:
  train: { type: copy, width: 4, lengths: [1, 5] }
  validation: { sequences: 32, sizes: { length: 5 } }
  test: { sequences: 32, sizes: [{}, { length: 2 }, { length: 4 }, { length: 8 }] }
model: { type: ntm, controller: feedForward, hidden: 16, locations: 8, width: 6 }
training:
  optimizer: { type: adam, learningRate: 0.005 }
  batch: { sentences: 16 }
  maxSteps: 90
  validateEvery: { steps: 30 }
`;

/** Stories in the format of bAbI. */
function babi(supports: 1 | 2, seed: number, count: number): string {
  return generateStories({ seed, count, supports })
    .map(
      ({ facts, question, answer, supports: from }) =>
        facts.map((fact, i) => `${i + 1} ${fact}\n`).join('') +
        `${facts.length + 1} ${question}\t${answer}\t${from.map((i) => i + 1).join(' ')}\n`,
    )
    .join('');
}

beforeAll(async () => {
  await write('captions.yaml', CAPTIONS);
  await write('questions.yaml', QUESTIONS);
  await write('copy.yaml', COPY);
  for (const task of [1, 2] as const) {
    await write(`qa${task}_train.txt`, babi(task, task, 200));
    await write(`qa${task}_test.txt`, babi(task, 10 + task, 50));
  }
  await train('captions.yaml');
  await train('questions.yaml');
  await train('copy.yaml');
}, 120_000);

describe('of captions', () => {
  it('shows pictures at validations and what was looked at, and the worst captions beside their pictures', async () => {
    const page = await read('runs/captions/report.html');
    checkPage(page);
    expect(headings(page)).toEqual([
      'Loss and metrics',
      'Optimisation',
      'Samples during training',
      ...Array(3).fill(expect.stringMatching(/^drawing-\d+$/)),
      'Maps of test examples',
      expect.stringMatching(/^Worst of 30 \(test data\)$/),
      'Unknown words (test data)',
      'Recipe',
      'Versions',
    ]);
    for (const title of [
      'Exact match of the validation',
      'BLEU of the validation',
      'CIDEr-D of the validation',
    ]) {
      expect(page).toContain(title);
    }
    // Three pictures at the first, a middle and the last validation, and four of the test.
    expect(page.match(/Where on the picture each token was looked for/g)).toHaveLength(3 * 3 + 4);
  });

  it('keeps a picture once, and at every validation the same few captions with rows that sum to 1', async () => {
    const validations = await validationsOf('runs/captions');
    const material = JSON.parse(await read('runs/captions/shown.json'));
    expect(validations).toHaveLength(4);
    for (const { samples = [] } of validations) {
      expect(samples.map(({ source }) => source).sort()).toEqual(Object.keys(material).sort());
      for (const { shown } of samples) {
        const { tokens, weights, grid } = shown as { tokens: string[]; weights: number[][]; grid: number[] };
        expect(weights.map((row) => row.length)).toEqual(tokens.map(() => grid[0] * grid[1]));
        for (const row of weights) expect(row.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 1);
      }
    }
    for (const { picture } of Object.values(material) as { picture: string }[]) {
      expect(decodePicture(Buffer.from(picture, 'base64'), { name: 'kept' })).toMatchObject({
        width: 16,
        height: 16,
      });
      expect(await read('runs/captions/metrics.jsonl')).not.toContain(picture);
    }
  });

  it('tells as the worst those whose captions are furthest from what is right', async () => {
    const page = await read('runs/captions/report.html');
    const samples = await lines<Sample>('runs/captions/test.jsonl');
    expect(samples.map(({ output }) => output).join('\n')).toBe(
      (await read('runs/captions/hypotheses.txt')).trimEnd(),
    );
    const scores = samples
      .filter(({ output, references }) => !references.includes(output))
      .map(({ output, references }) => chrf([output], [[references[0]]], { lowercase: true }).score)
      .sort((a, b) => a - b);
    const [columns, ...rows] = rowsOf(page, 'Worst of 30 (test data)');
    expect(columns).toEqual(['chrF', 'picture', 'said', 'right']);
    expect(rows.map(([score]) => Number(score))).toEqual(
      scores.slice(0, 10).map((x) => Number(x.toFixed(1))),
    );
    for (const [, picture] of rows)
      expect(picture).toMatch(/^<img src="data:image\/png;base64,[^"]+" alt="drawing-\d+"/);
  });

  it('a model that does not attend has the pictures without maps', async () => {
    await write(
      'blind.yaml',
      CAPTIONS.replace('attention: { size: 16 }, doublyStochastic: 0', 'context: mean'),
    );
    await train('blind.yaml', '--set', 'training.maxSteps=10');
    const page = await read('runs/blind/report.html');
    checkPage(page);
    expect(page).not.toContain('Where on the picture');
    expect(page.match(/<div class="beside">\n<img /g)).toHaveLength(3);
  });
});

describe('of questions', () => {
  it('shows questions of each task with what was read, and errors by task', async () => {
    const page = await read('runs/questions/report.html');
    checkPage(page);
    const asked = headings(page).filter((heading) => /\?/.test(heading));
    expect(asked).toHaveLength(4);
    expect(asked.map((heading) => /\((qa\d)_train\.txt:\d+\)$/.exec(heading)?.[1])).toEqual([
      'qa1',
      'qa1',
      'qa2',
      'qa2',
    ]);
    expect(headings(page)).toEqual([
      'Loss and metrics',
      'Optimisation',
      'Error by task (test data)',
      'Samples during training',
      ...asked,
      'Maps of test examples',
      'Answers by task (test data)',
      'Worst of 100 (test data)',
      'Recipe',
      'Versions',
    ]);
    expect(page).toContain('nats an answer');
    // Four questions at three validations, of which the linear start's have none; and four of the test.
    expect(page.match(/>hop 1</g)).toHaveLength(4 * 3 + 4);
  });

  it('tells errors as the results have them, beside those of the paper, and again by what was answered', async () => {
    const page = await read('runs/questions/report.html');
    const { tasks } = JSON.parse(await read('runs/questions/results.json'));
    const samples = await lines<Sample>('runs/questions/test.jsonl');
    const [columns, ...rows] = rowsOf(page, 'Error by task (test data)');
    expect(columns).toEqual(['task', 'error %', 'paper %', 'questions']);
    const named = [
      ['1 single supporting fact', 0],
      ['2 two supporting facts', 1],
    ] as const;
    for (const [name, i] of named) {
      const own = samples.filter(({ group }) => group === name);
      const wrong = own.filter(({ output, references: [right] }) => output !== right).length;
      expect(own).toHaveLength(50);
      expect(tasks[i].error).toBeCloseTo(2 * wrong, 10);
      expect(rows[i]).toEqual([name, (2 * wrong).toFixed(1), PAPER_JOINT_ERRORS[i].toFixed(1), '50']);
      expect(rowsOf(page, 'Answers by task (test data)')[i + 1].slice(0, 3)).toEqual([
        name,
        '50',
        (2 * wrong).toFixed(1),
      ]);
    }
    const mean = (tasks[0].error + tasks[1].error) / 2;
    expect(rows[2]).toEqual([
      'mean',
      mean.toFixed(1),
      ((PAPER_JOINT_ERRORS[0] + PAPER_JOINT_ERRORS[1]) / 2).toFixed(1),
      '100',
    ]);
  });

  it('first those wrong answers that the model was surest of', async () => {
    const samples = await lines<Sample>('runs/questions/test.jsonl');
    const wrong = samples
      .filter(({ output, references: [right] }) => output !== right)
      .map(({ probability = 0 }) => probability)
      .sort((a, b) => b - a);
    const rows = rowsOf(await read('runs/questions/report.html'), 'Worst of 100 (test data)').slice(1);
    expect(rows.map(([probability]) => probability)).toEqual(wrong.slice(0, 10).map((p) => p.toFixed(2)));
  });

  it('keeps stories once, and of validations what was read: at most all', async () => {
    const validations = (await validationsOf('runs/questions')).filter(({ samples }) => samples);
    expect(validations).toHaveLength(4);
    const material = JSON.parse(await read('runs/questions/shown.json'));
    for (const { samples = [] } of validations) {
      expect(samples.map(({ source }) => source).sort()).toEqual(Object.keys(material).sort());
      for (const { source, shown } of samples) {
        const { weights, ...rest } = shown as { weights: number[][] };
        expect(Object.keys(rest)).toEqual(['answer', 'probability']);
        expect(weights.map((row) => row.length)).toEqual(Array(2).fill(material[source].facts.length));
        for (const row of weights) expect(row.reduce((sum, w) => sum + w, 0)).toBeLessThan(1.01);
      }
    }
  });
});

describe('of a generated task', () => {
  it('shows sequences of two sizes with the heads, cost in bits, and errors at the sizes of the test', async () => {
    const page = await read('runs/copy/report.html');
    checkPage(page);
    expect(headings(page)).toEqual([
      'Loss and metrics',
      'Optimisation',
      'Test by size',
      'Samples during training',
      expect.stringMatching(/^length [234]$/),
      'length 5',
      'Maps of test examples',
      'Recipe',
      'Versions',
    ]);
    expect(page.match(/>write head: where</g)).toHaveLength(2 * 3 + 1);
    expect(page).toContain('Bit errors by length');
    const { tests } = JSON.parse(await read('runs/copy/results.json'));
    const rows = rowsOf(page, 'Test by size').slice(1);
    expect(rows.map(([size, , errors]) => [size, errors])).toEqual(
      ['as in training', 'length 2', 'length 4', 'length 8'].map((size, i) => [
        size,
        tests[i].bitErrors.toFixed(2),
      ]),
    );
  });

  it('counts the wrong bits of what was answered', async () => {
    const page = await read('runs/copy/report.html');
    for (const { step, samples = [] } of await validationsOf('runs/copy')) {
      for (const { source, output, references } of samples) {
        const [right] = references;
        const wrong = [...output].filter((bit, i) => bit !== right[i]).length;
        const bits = right.replaceAll(' ', '').length;
        const said = wrong === 0 ? `all ${bits} bits right ✓` : `${wrong} of ${bits} bits wrong`;
        expect(rowsOf(page, source)).toContainEqual([String(step), said]);
      }
    }
  });

  it('makes of the loss of a step the cost of its sequences', async () => {
    const { algorithmReport } = await import('../../src/cli/algorithm/report.ts');
    const { readRun } = await import('../../src/cli/runDirectory.ts');
    const cost = algorithmReport.ofSteps?.(await readRun(`${folder}/runs/copy`));
    const steps = (await lines<StepEvent>('runs/copy/metrics.jsonl')).filter(({ type }) => type === 'step');
    // 16 sequences of 1 to 5 vectors of 4 bits, at a bit a bit while nothing is learnt.
    const costs = steps.slice(0, 5).map((step) => [cost?.value(step) ?? 0, step.tokens / 16] as const);
    for (const [bits, counted] of costs) expect(bits / counted).toBeCloseTo(1, 1);
    // The validation is of length 5 alone: 20 bits.
    for (const { metrics } of await validationsOf('runs/copy')) {
      expect(metrics.bits).toBeCloseTo((20 * metrics.loss) / Math.LN2, 6);
    }
  });
});

describe.each([
  ['captions', ['training.maxSteps=20']],
  ['questions', ['training.epochs=2']],
  ['copy', ['training.maxSteps=30']],
])('a run of %s that is gone on with', (name, first) => {
  it('has the samples of one that was not interrupted, and its report is written again the same', async () => {
    await train(`${name}.yaml`, '--out', `${name}-2`, ...first.flatMap((setting) => ['--set', setting]));
    const unfinished = await read(`${name}-2/report.html`);
    expect(headings(unfinished)).toContain('Samples during training');
    await train(`${name}.yaml`, '--out', `${name}-2`, '--resume');
    expect(await validationsOf(`${name}-2`)).toEqual(await validationsOf(`runs/${name}`));
    expect(await read(`${name}-2/shown.json`)).toBe(await read(`runs/${name}/shown.json`));
    const before = await read(`${name}-2/report.html`);
    expect(await report(`${name}-2`)).toMatchObject({ code: 0, stderr: `report: ${name}-2/report.html\n` });
    expect(await read(`${name}-2/report.html`)).toBe(before);
  });
});
