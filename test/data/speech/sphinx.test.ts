import { describe, expect, it } from 'vitest';
import { openFolder } from '../../../src/data/folder.node.ts';
import { parseSphinx, readSphinx } from '../../../src/data/speech/sphinx.ts';
import { holdOutSpeech, transcriptOverlap } from '../../../src/data/speech/split.ts';
import type { Waveform } from '../../../src/data/speech/utterance.ts';
import { DataError } from '../../../src/errors.ts';
import { sharedData } from '../shared.ts';
import { memoryFolder, utf8 } from './files.ts';

const parse = (fileids: string, transcription: string) =>
  parseSphinx(utf8(fileids), 'a.fileids', utf8(transcription), 'a.transcription');

describe("a corpus in Sphinx's layout", () => {
  it('has words with an id, and speakers as folders', () => {
    const ids = 'clstk/fash/an1-fash-b\nan2\nx/an3\n';
    const lines =
      '<s> U M N SIX </s> (an1-fash-b)\n ++UM++ GO <sil> ON(2) \t (an2)\nREAD (IT) NOW (x/an3)  \r\n';
    expect(parse(ids, lines)).toEqual([
      { id: 'clstk/fash/an1-fash-b', path: 'clstk/fash/an1-fash-b', text: 'U M N SIX', speaker: 'fash' },
      { id: 'an2', path: 'an2', text: 'GO ON' },
      { id: 'x/an3', path: 'x/an3', text: 'READ (IT) NOW', speaker: 'x' },
    ]);
  });

  it.each([
    ['a\nb\n', 'GO (a)\n', 'a.fileids has 2 lines and a.transcription has 1'],
    ['a\nb\n', 'GO (b)\nON (a)\n', 'a.transcription:1 is of b, a.fileids:1 of a; expected (a) in both'],
    ['x/a\n', 'GO (y/a)\n', 'a.transcription:1 is of y/a, a.fileids:1 of x/a'],
    ['a\nb\n', 'GO (a)\nON\n', 'a.transcription:2 has no id at its end'],
    ['a\n\nb\n', 'GO (a)\n\nON (b)\n', 'a.fileids:2 of nothing'],
    ['a\n', '<s> </s> (a)\n', 'a.transcription:1 has no words'],
    ['a\na\n', 'GO (a)\nGO (a)\n', 'a.fileids:2 names a, as line 1 does'],
  ])('%j with %j is refused', (fileids, transcription, message) => {
    expect(() => parse(fileids, transcription)).toThrow(DataError);
    expect(() => parse(fileids, transcription)).toThrow(message);
  });

  it('is read with its sounds', async () => {
    const files = {
      'etc/an4_train.fileids': 'clstk/fash/an1\n',
      'etc/an4_train.transcription': '<s> GO </s> (an1)\n',
      'etc/an4_train.transcription253239': '<s> STOP </s> (an1)\n',
      'etc/other.fileids': 'clstk/fash/an2\n',
      'etc/other.transcription': 'GO (an2)\n',
      'wav/clstk/fash/an1.wav': 'sound',
      'wav/clstk/fash/an2.sph': 'sound',
    };
    const [utterance] = await readSphinx(memoryFolder(files), 'an4_train');
    expect(utterance).toMatchObject({ id: 'clstk/fash/an1', text: 'GO', speaker: 'fash' });
    expect(await utterance.audio()).toEqual(utf8('sound'));
    await expect(readSphinx(memoryFolder(files), 'an4_test')).rejects.toThrow(
      'corpus has no etc/an4_test.fileids; expected one of the sets an4_train, other.',
    );
    await expect(readSphinx(memoryFolder({}), 'an4_test')).rejects.toThrow('etc/ and wav/');
    await expect(readSphinx(memoryFolder(files), 'other')).rejects.toThrow(
      /lacks 1 of the 1 sounds .* first wav\/clstk\/fash\/an2\.wav; .*\.sph.* converted to WAV/,
    );
  });
});

const an4 = sharedData('an4/an4_wav16k.tar.xz');
describe.skipIf(!an4)(`AN4${an4 ? '' : ' (no shared data here)'}`, () => {
  it('has 948 and 130 utterances of 74 and 10 speakers, and tells 26 texts of the test', async () => {
    const folder = await openFolder(an4 as string);
    const [train, test] = [await readSphinx(folder, 'an4_train'), await readSphinx(folder, 'an4_test')];
    expect([train.length, test.length]).toEqual([948, 130]);
    const speakers = [train, test].map((set) => new Set(set.map(({ speaker }) => speaker)));
    expect(speakers.map(({ size }) => size)).toEqual([74, 10]);
    expect([...speakers[1]].filter((speaker) => speakers[0].has(speaker))).toEqual([]);
    expect(train[0]).toMatchObject({ id: 'an4_clstk/fash/an251-fash-b', text: 'YES', speaker: 'fash' });
    expect(test[0]).toMatchObject({ text: 'RUBOUT G M E F THREE NINE', speaker: 'fcaw' });
    for (const { text } of [...train, ...test]) expect(text).toMatch(/^[A-Z]+( [A-Z]+)*$/);
    expect(transcriptOverlap(train, test)).toEqual({
      utterances: 130,
      repeated: 26,
      outOfVocabulary: ['NOVEMBER', 'THIRTEEN'],
      outOfVocabularyTokens: 2,
    });
    const wav = (await train[0].audio()) as Uint8Array | Waveform;
    expect(wav).toBeInstanceOf(Uint8Array);
    expect(new TextDecoder('latin1').decode((wav as Uint8Array).subarray(0, 4))).toBe('RIFF');
    expect(wav).toHaveLength(32_044);
    const held = holdOutSpeech(train, { speakers: 8 }, 'an4_train');
    expect(held.validation).toHaveLength(98);
    expect(held.train.length + held.validation.length).toBe(948);
  }, 60_000);
});
