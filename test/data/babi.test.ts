import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BABI_TASKS, babiTaskOf, parseBabi, readBabi } from '../../src/data/babi.ts';
import { openFolder } from '../../src/data/folder.node.ts';
import { DataError } from '../../src/errors.ts';
import { sharedData } from './shared.ts';
import { memoryFolder } from './speech/files.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseBabi(bytes(text), 'qa.txt');

const TWO_STORIES = [
  '1 Mary moved to the bathroom.',
  '2 John went to the hallway.',
  '3 Where is Mary? \tbathroom\t1',
  '4 Mary took the milk.',
  '5 What is Mary carrying?\tmilk,apple\t4 2',
  '1 Sandra went to the office.',
  '2 Where is Sandra?\toffice',
].join('\n');

describe('files of bAbI', () => {
  it('are questions, each about all sentences of its story before it, and not about other questions', () => {
    const john = ['Mary moved to the bathroom.', 'John went to the hallway.'];
    expect(parse(TWO_STORIES)).toEqual([
      { facts: john, question: 'Where is Mary?', answer: 'bathroom', supports: [0], place: 'qa.txt:3' },
      {
        facts: [...john, 'Mary took the milk.'],
        question: 'What is Mary carrying?',
        answer: 'milk,apple',
        supports: [2, 1],
        place: 'qa.txt:5',
      },
      {
        facts: ['Sandra went to the office.'],
        question: 'Where is Sandra?',
        answer: 'office',
        supports: [],
        place: 'qa.txt:7',
      },
    ]);
    expect(parse(`${TWO_STORIES.replaceAll('\n', '\r\n')}\r\n`)).toEqual(parse(TWO_STORIES));
  });

  it('give back the stories they were written from, whatever these are', () => {
    const sentence = fc.stringMatching(/^[a-z]{1,6}( [a-z]{1,6}){0,4}\.$/);
    const story = fc.array(
      fc.record({
        facts: fc.array(sentence, { minLength: 1, maxLength: 4 }),
        answer: fc.stringMatching(/^[a-z,]{1,8}$/),
        support: fc.nat(),
      }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(fc.array(story, { minLength: 1, maxLength: 4 }), (stories) => {
        const lines: string[] = [];
        const expected: unknown[] = [];
        for (const parts of stories) {
          let number = 0;
          const facts: string[] = [];
          const numbers: number[] = [];
          for (const part of parts) {
            for (const fact of part.facts) {
              lines.push(`${++number} ${fact}`);
              facts.push(fact);
              numbers.push(number);
            }
            const support = part.support % facts.length;
            lines.push(`${++number} so what?\t${part.answer}\t${numbers[support]}`);
            const place = `qa.txt:${lines.length}`;
            const { answer } = part;
            expected.push({ facts: [...facts], question: 'so what?', answer, supports: [support], place });
          }
        }
        expect(parse(lines.join('\n'))).toEqual(expected);
      }),
    );
  });

  const wrong: Record<string, [text: string, message: string]> = {
    'a line without a number': ['1 A b.\nWhere is Mary?\tx\t1', 'qa.txt:2 begins "Where is Mary?'],
    'a number alone': ['1 A b.\n2', 'qa.txt:2 begins "2"'],
    'a number that does not rise': ['1 A b.\n3 C d.\n3 E f.', 'qa.txt:3 has the number 3 after 3'],
    'a story that begins at 2': ['2 A b.\n3 Where?\tx\t2', 'qa.txt:1 has the number 2 as the first line'],
    'a sentence that is empty': ['1 A b.\n2  \n3 Where?\tx\t1', 'qa.txt:2 has no text after its number 2'],
    'a question without an answer': ['1 A b.\n2 Where is Mary?', 'qa.txt:2 is a question without an answer'],
    'an answer that is empty': ['1 A b.\n2 Where?\t \t1', 'qa.txt:2 has no answer after the tab'],
    'a fourth column': ['1 A b.\n2 Where?\tx\t1\t7', 'qa.txt:2 has 4 columns'],
    'a question before any fact': ['1 A b.\n1 Where?\tx', 'qa.txt:2 asks "Where?" before anything was told'],
    'a support of another story': [
      '1 A b.\n2 C d.\n3 E f.\n1 G h.\n2 Where?\tx\t3',
      'qa.txt:5 says that its answer follows from line 3',
    ],
    'a support that is a question': [
      '1 A b.\n2 Where?\tx\t1\n3 Why?\ty\t2',
      'qa.txt:3 says that its answer follows from line 2',
    ],
    'a support that is no number': ['1 A b.\n2 Where?\tx\ttwo', 'follows from line two'],
    'a support that comes later': ['1 A b.\n2 Where?\tx\t3\n3 C d.', 'follows from line 3'],
    'no question at all': ['1 A b.\n2 C d.', 'qa.txt has no questions'],
    'an empty file': ['', 'qa.txt is empty'],
  };
  for (const [name, [text, message]] of Object.entries(wrong)) {
    it(`with ${name} are refused`, () => {
      expect(() => parse(text)).toThrow(DataError);
      expect(() => parse(text)).toThrow(message);
    });
  }

  it('that are not UTF-8 are refused with the byte', () => {
    const broken = Uint8Array.from([...bytes('1 A'), 0xff, 0x0a]);
    expect(() => parseBabi(broken, 'qa.txt')).toThrow('qa.txt holds an invalid UTF-8 sequence at byte 3');
  });

  it('are found by task and part, in the folder of a language or in that around it', async () => {
    const content = '1 A b.\n2 Where?\tx\t1';
    for (const start of ['', 'en/', 'tasks_1-20_v1-2/en/']) {
      const folder = memoryFolder({
        [`${start}qa1_single-supporting-fact_train.txt`]: content,
        [`${start}qa11_basic-coreference_train.txt`]: content.replace('x', 'eleven'),
        [`${start}qa1_single-supporting-fact_test.txt`]: content.replace('x', 'test'),
      });
      expect((await readBabi(folder, 1, 'train'))[0].answer).toBe('x');
      expect((await readBabi(folder, 11, 'train'))[0].answer).toBe('eleven');
      expect((await readBabi(folder, 1, 'test'))[0].answer).toBe('test');
      await expect(readBabi(folder, 2, 'test')).rejects.toThrow('has no file of task 2');
    }
  });

  it('are read from elsewhere where there is a file of the task and part', async () => {
    const content = '1 A b.\n2 Where?\tx\t1';
    const folder = memoryFolder({
      'en/qa1_facts_train.txt': content,
      'en/qa16_induction_train.txt': content,
      'en/qa16_induction_test.txt': content,
    });
    const instead = memoryFolder({
      'qa16_induction_train.v1.2.txt': content.replace('x', 'newer'),
      'qa6_other_train.txt': content.replace('x', 'another'),
      'README.txt': '',
    });
    const answer = async (task: number, part: 'train' | 'test') =>
      (await readBabi(folder, task, part, 'en', instead))[0].answer;
    expect(await Promise.all([answer(1, 'train'), answer(16, 'train'), answer(16, 'test')])).toEqual([
      'x',
      'newer',
      'x',
    ]);
  });

  it('tell their task by the name of their file', () => {
    const names = [
      'qa1_x_test.txt',
      'data/en/qa16_y.v1.2.txt.gz',
      'qa21_z.txt',
      'qa0_z.txt',
      'myqa1_x.txt',
      'qa1/x',
    ];
    expect(names.map(babiTaskOf)).toEqual([1, 16, undefined, undefined, undefined, undefined]);
  });
});

const archive = sharedData('babi/babi_en_1k_v1.1.tar.gz');
describe.skipIf(archive === undefined)('bAbI as it is published (not in the shared data: skipped)', () => {
  it('has 1,000 questions in each part of each task, whose supports tell the answer of the first', async () => {
    const folder = await openFolder(archive as string);
    expect(BABI_TASKS).toHaveLength(20);
    for (const [task] of BABI_TASKS.entries()) {
      for (const part of ['train', 'test'] as const) {
        const questions = await readBabi(folder, task + 1, part);
        expect(questions, `task ${task + 1} ${part}`).toHaveLength(1000);
        expect(questions.every(({ facts, supports }) => supports.every((i) => i < facts.length))).toBe(true);
        if (task > 0) continue;
        for (const { facts, supports, answer } of questions) expect(facts[supports[0]]).toContain(answer);
      }
    }
    const lists = await readBabi(folder, 8, 'train');
    expect(lists.some(({ answer }) => answer === 'football,apple')).toBe(true);
  });

  it('has task 16 in the order of version 1.2 beside it', () => {
    const file = sharedData('babi/qa16_basic-induction_test.v1.2-reordered.txt.gz') as string;
    const questions = parseBabi(gunzipSync(readFileSync(file)), file);
    expect(questions).toHaveLength(1000);
    expect(questions[0].question).toMatch(/^What color is /);
  });
});
