/** Words that may be said: from a file, or from the transcripts. */
import { describe, expect, it } from 'vitest';
import { TextCodec } from '../../src/data/codec.ts';
import { createTokenizer } from '../../src/data/tokenizer.ts';
import { DataError, UsageError } from '../../src/errors.ts';
import { lexiconOfTranscripts, parseLexicon } from '../../src/tasks/speechLexicon.ts';

const texts = ['GO HOME', 'home  go', 'stop é', 'q'];
const spelling = (minFrequency = 1) => ({
  target: TextCodec.build(texts, createTokenizer({ kind: 'character', lowercase: true }), { minFrequency }),
});

describe('parseLexicon', () => {
  it('takes a word a line, written as the model writes', () => {
    const { words } = parseLexicon(['Home', ' GO ', '', 'home', 'e\u0301'], 'w.txt', spelling());
    expect([...words]).toEqual(['home', 'go', 'é']);
  });

  it('names the line of what is no word, or cannot be written', () => {
    const refused: [string[], string][] = [
      [['go', '', 'go home'], 'w.txt:3: "go home"; expected one word a line. '],
      [
        ['go', 'x-ray'],
        'w.txt:2: "x-ray", whose "x" the model cannot write; expected words of the characters',
      ],
      [['', ' '], 'w.txt, in which there is no word; expected one word a line. '],
    ];
    for (const [lines, message] of refused) {
      const read = () => parseLexicon(lines, 'w.txt', spelling());
      expect(read).toThrow(DataError);
      expect(read).toThrow(message);
    }
  });

  it('is for models that write characters', () => {
    const codecs = { target: TextCodec.build(texts, createTokenizer({ kind: 'word' })) };
    for (const read of [() => parseLexicon(['go'], 'w', codecs), () => lexiconOfTranscripts(texts, codecs)]) {
      expect(read).toThrow(UsageError);
      expect(read).toThrow('a lexicon for a model that writes tokens of the kind word; expected');
    }
  });
});

describe('lexiconOfTranscripts', () => {
  it('has each word once, sorted, and none that holds a rare character', () => {
    expect(lexiconOfTranscripts(texts, spelling())).toEqual(['go', 'home', 'q', 'stop', 'é']);
    expect(lexiconOfTranscripts(texts, spelling(2))).toEqual(['go', 'home']);
    expect(lexiconOfTranscripts(['home home', 'dome'], spelling())).toEqual(['home']);
  });
});
