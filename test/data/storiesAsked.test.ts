import { describe, expect, it } from 'vitest';
import { parseStories, parseTold } from '../../src/data/storiesAsked.ts';
import { DataError } from '../../src/errors.ts';

describe('stories as one writes them', () => {
  it('are sentences and questions, parted by empty lines; answers may stand behind a tab', () => {
    const text =
      'Mary moved.\r\nJohn went.\r\nWhere is Mary?\r\nMary left.\r\nWhere now?\taway\r\n\r\n3 are one.\r\nWhy?';
    expect(parseStories(text, 'in')).toEqual([
      { facts: ['Mary moved.', 'John went.'], question: 'Where is Mary?', place: 'in:3' },
      {
        facts: ['Mary moved.', 'John went.', 'Mary left.'],
        question: 'Where now?',
        answer: 'away',
        place: 'in:5',
      },
      { facts: ['3 are one.'], question: 'Why?', place: 'in:8' },
    ]);
  });

  it('may be in the format of bAbI, with answers and supporting facts or without', () => {
    const text =
      '1 Mary moved.\n2 Where is Mary? \there\t1\n3 She left.\n4 Where now?\n5 What?\t\t3 1\n1 John went.\n2 Where is John?\tthere\n';
    expect(parseStories(text, 'in')).toEqual([
      { facts: ['Mary moved.'], question: 'Where is Mary?', answer: 'here', supports: [0], place: 'in:2' },
      { facts: ['Mary moved.', 'She left.'], question: 'Where now?', place: 'in:4' },
      { facts: ['Mary moved.', 'She left.'], question: 'What?', supports: [1, 0], place: 'in:5' },
      { facts: ['John went.'], question: 'Where is John?', answer: 'there', place: 'in:7' },
    ]);
  });

  const wrong: Readonly<Record<string, readonly [text: string, message: string]>> = {
    'without a question': ['Mary moved.\n', 'in has no question'],
    'that are empty': ['', 'in has no question'],
    'with a question before anything was told': [
      'Mary moved.\n\nWhere?',
      'in:3 asks "Where?" before anything',
    ],
    'numbered, without a question': ['1 Mary moved.\n2 John went.', 'in has no questions'],
    'numbered, but for a line': ['1 Mary moved.\nJohn went.\n3 Where?', 'in:2 begins "John went."'],
    'numbered, but for the first line': ['# a story\n1 Mary moved.\n2 Where?', 'in:1 begins "# a story"'],
    'numbered from 2': ['2 Mary moved.\n3 Where?', 'in:1 has the number 2 as the first line'],
    'numbered, told nothing': ['1 Where?', 'in:1 asks "Where?" before anything was told'],
    'that follow from what was not told': [
      '1 A b.\n2 Where?\tx\t7',
      'in:2 says that its answer follows from line 7',
    ],
  };
  for (const [name, [text, message]] of Object.entries(wrong)) {
    it(`${name} are refused`, () => {
      expect(() => parseStories(text, 'in')).toThrow(DataError);
      expect(() => parseStories(text, 'in')).toThrow(message);
    });
  }
});

describe('stories as one types them', () => {
  it('are sentences, one or several a text', () => {
    const expected = [
      { facts: ['Mary moved.', 'John went.'], question: 'Where is Mary?', place: 'typed' },
      { facts: ['Mary moved.', 'John went.', 'She left'], question: 'Where now?', place: 'typed' },
    ];
    expect(
      parseTold(['Mary moved.', 'John went. Where is Mary?', 'She left', ' Where now? '], 'typed'),
    ).toEqual(expected);
    expect(parseTold(['Mary moved. John went.', 'Where is Mary?'], 'typed')).toEqual(expected.slice(0, 1));
  });

  it('without a question, or without anything told, are refused', () => {
    expect(() => parseTold(['Mary moved. John went.'], 'typed')).toThrow(
      'typed: 2 sentences and no question',
    );
    expect(() => parseTold([' '], 'typed')).toThrow('typed: 0 sentences and no question');
    expect(() => parseTold(['Where is Mary?'], 'typed')).toThrow(
      'typed asks "Where is Mary?" before anything',
    );
  });
});
