/** What arrived, what was expected, what to do: every message as a whole, since people read it as a whole. */
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { heedIn, tinyRecipe, workFolder, writeTiny } from './heed.ts';

const folder = workFolder();
const heed = heedIn(folder);
const { good, run, write } = heed;
const one = ['--threads', '1'];

/** Runs what must fail, and gives its message. */
async function refusal(args: readonly string[], code = 1): Promise<string> {
  const ended = await run(args[0] === 'score' ? args : [...args, ...one]);
  expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code, stdout: '' });
  expect(ended.stderr).toMatch(/^heed: .*; expected .*\. .*\n$/);
  return ended.stderr.slice('heed: '.length, -1).replaceAll(`${folder}/`, '');
}

beforeAll(async () => {
  await writeTiny(heed);
  await good(['train', 'tiny.yaml', ...one]);
});

describe('training data', () => {
  const withTrain = (data: string) =>
    refusal(['train', 'tiny.yaml', '--out', 'new', '--set', `data.train=${data}`]);
  const tsv = async (content: string | Uint8Array) => {
    await write('bad.tsv', content);
    const message = await withTrain('{tsv: bad.tsv}');
    expect(await readdir(folder)).not.toContain('new');
    return message;
  };

  it('an empty file', async () => {
    expect(await tsv('')).toBe(
      'bad.tsv is empty; expected at least one line. Check that it was written or downloaded whole.',
    );
  });

  it('a line with no tab', async () => {
    expect(await tsv('ab\tba\ncd dc\n')).toBe(
      'bad.tsv:2 has no tab and begins "cd dc"; expected source TAB target on every line. ' +
        'Put one tab between the two sides; for two files with a sentence a line, name both instead.',
    );
  });

  it('a line with an empty side', async () => {
    expect(await tsv('ab\tba\ncd\t \n')).toBe(
      'bad.tsv:2 has an empty target and begins "cd\\t "; expected text on both sides of the tab. ' +
        'Fill it in or remove the line.',
    );
  });

  it('invalid UTF-8', async () => {
    expect(await tsv(Buffer.from('ab\tba\ncaf\xe9\tx\n', 'latin1'))).toBe(
      'bad.tsv holds an invalid UTF-8 sequence at byte 9 (0xe9); expected UTF-8 text. ' +
        'Convert it first, for example: iconv -f latin1 -t utf-8 bad.tsv',
    );
  });

  it('a line of 100,000 characters', async () => {
    expect(await tsv(`ab\tba\n${'x'.repeat(99_998)}\ty\n`)).toBe(
      `bad.tsv:2 is 100000 characters long and begins "${'x'.repeat(40)}…"; ` +
        'expected at most 50000 characters a line. Split it into sentences, one a line, or leave it out.',
    );
  });

  it('files of different lengths', async () => {
    await write('three.txt', 'a\nb\nc\n');
    await write('two.txt', 'a\nb');
    expect(await withTrain('{source: three.txt, target: two.txt}')).toBe(
      'three.txt has 3 lines and two.txt has 2; expected as many lines in both, line n of one being the other ' +
        'side of line n of the other. Check that both come from the same release and were downloaded whole.',
    );
    expect(
      await refusal(['score', '--hypotheses', 'three.txt', '--references', 'three.txt', 'two.txt']),
    ).toBe(
      'three.txt has 3 lines and two.txt has 2; expected as many in both, line n of one being the reference of ' +
        'line n of the other. Look for a missing or an extra line.',
    );
  });

  it('a file that is not there, or not whole', async () => {
    expect(await withTrain('{tsv: none.tsv}')).toBe(
      'there is no file none.tsv; expected it at none.tsv or cache/heed/none.tsv, plain or with .gz. ' +
        'Correct the path, or set HEED_DATA to the folder it starts from.',
    );
    await write('bad.tsv.gz', 'not packed');
    expect(await withTrain('{tsv: bad.tsv.gz}')).toBe(
      'bad.tsv.gz cannot be unpacked (incorrect header check); expected gzip data, as the name ends in .gz. ' +
        'Download it again, or rename it when it is plain text.',
    );
  });

  it('only sentences that are too long', async () => {
    expect(await refusal(['train', 'tiny.yaml', '--out', 'new', '--set', 'data.maxLength=1'])).toBe(
      '200 training pairs, all of them longer than 1 tokens; expected pairs of at most data.maxLength (1) tokens ' +
        'a side. Raise data.maxLength, or split the texts.',
    );
    expect(await readdir(folder)).not.toContain('new');
  });
});

describe('a recipe', () => {
  const recipe = async (text: string) => {
    await write('bad.yaml', text);
    return refusal(['train', 'bad.yaml'], 2);
  };

  it('with an unknown key', async () => {
    expect(await recipe(tinyRecipe().replace('hidden: 16', 'hiden: 16'))).toMatch(
      /^bad\.yaml:9:42: unknown key "hiden" in model; expected one of type, (?:\w+, )*hidden, (?:\w+, )*\w+\. Correct or remove the key\.$/,
    );
  });

  it('with a value of the wrong type', async () => {
    expect(await recipe(tinyRecipe().replace('maxSteps: 40', 'maxSteps: many'))).toBe(
      'bad.yaml:13:13: training.maxSteps is "many"; expected a number. Correct the value.',
    );
  });

  it('that is no YAML, empty, or not UTF-8', async () => {
    expect(await recipe('task: [translation')).toMatch(
      /^bad\.yaml:1:19: .*; expected one YAML document\. Correct the file; indentation counts in YAML\.$/,
    );
    expect(await recipe('\n')).toBe(
      'recipe bad.yaml, which is empty; expected a recipe file. See recipes/ for some.',
    );
    await write('bad.yaml', Buffer.from('task: \xe9', 'latin1'));
    expect(await refusal(['train', 'bad.yaml'], 2)).toBe(
      'recipe bad.yaml, which holds an invalid UTF-8 sequence at byte 6; expected text in UTF-8. Save it as UTF-8.',
    );
  });
});

describe('a run directory', () => {
  it('that exists is overwritten with --force only', async () => {
    await cp(join(folder, 'runs/tiny'), join(folder, 'mine'), { recursive: true });
    const args = ['train', 'tiny.yaml', '--out', 'mine', '--set', 'training.maxSteps=3'];
    const before = await readdir(join(folder, 'mine'), { recursive: true });
    expect(await refusal(args, 2)).toBe(
      'mine, which exists; expected a new directory. ' +
        'Go on with --resume, start over with --force (deletes it), or choose another with --out.',
    );
    expect(await readdir(join(folder, 'mine'), { recursive: true })).toEqual(before);
    // What is wrong with the data comes to light before anything is deleted.
    await refusal([...args, '--force', '--set', 'data.train={tsv: none.tsv}']);
    expect(await readdir(join(folder, 'mine'), { recursive: true })).toEqual(before);
    await good([...args, '--force', ...one]);
    expect(await readdir(join(folder, 'mine/checkpoints'))).toEqual(['best.json', 'last.json', 'step-3']);
  });

  it('that is something else is never touched', async () => {
    await mkdir(join(folder, 'photos'));
    await write('photos/cat.jpg', '');
    // A recipe does not make a folder a run.
    await mkdir(join(folder, 'project'));
    await write('project/recipe.yaml', tinyRecipe());
    await write('project/thesis.txt', '');
    for (const place of ['photos', 'project']) {
      for (const flags of [[], ['--force']]) {
        expect(await refusal(['train', 'tiny.yaml', '--out', place, ...flags], 2)).toBe(
          `${place}, which exists and is not a run; expected a new directory. Choose another with --out.`,
        );
      }
    }
    expect(await readdir(join(folder, 'photos'))).toEqual(['cat.jpg']);
    expect(await readdir(join(folder, 'project'))).toEqual(['recipe.yaml', 'thesis.txt']);
    expect(await refusal(['train', 'tiny.yaml', '--out', 'tiny.yaml'])).toBe(
      'tiny.yaml, which cannot be read as a directory (ENOTDIR); ' +
        'expected a run directory, or a path where one can be made. Check the path and its permissions.',
    );
    expect(await refusal(['predict', 'photos', 'abc'])).toMatch(
      /^photos, which has no recipe\.yaml; expected a run/,
    );
  });

  it('is resumed as the same model only', async () => {
    const args = ['train', 'tiny.yaml', '--resume', '--set', 'model.hidden=8'];
    expect(await refusal(args, 2)).toBe(
      '--resume with model.hidden 8; expected 16, as the run has it. ' +
        'Resume with the recipe and the settings of the run (its recipe.yaml), or start a new run with --out.',
    );
  });
});

describe('a stored model', () => {
  /** A copy of the run with something done to it. */
  const spoilt = async (spoil: (run: string) => Promise<unknown>) => {
    const copy = join(folder, 'spoilt');
    await rm(copy, { recursive: true, force: true });
    await cp(join(folder, 'runs/tiny'), copy, { recursive: true });
    await spoil(copy);
    const message = await refusal(['predict', 'spoilt', 'abc']);
    expect(message.startsWith('spoilt/') || message.startsWith('spoilt ')).toBe(true);
    return message.slice('spoilt'.length);
  };
  const weights = 'checkpoints/step-40/parameters.safetensors';
  const damaged = 'The checkpoint is truncated, damaged or foreign; use another of the run, or a copy.';

  it('whose checkpoint is truncated', async () => {
    const { length } = await readFile(join(folder, 'runs/tiny', weights));
    expect(await spoilt((copy) => truncate(join(copy, weights), 1000))).toBe(
      `/${weights}: 1000 bytes; expected ${length}, as the checkpoint's manifest says. ${damaged}`,
    );
    expect(await refusal(['train', 'tiny.yaml', '--out', 'spoilt', '--resume'])).toContain(damaged);
  });

  it('whose checkpoint was changed', async () => {
    const message = await spoilt(async (copy) => {
      const bytes = await readFile(join(copy, weights));
      bytes[bytes.length - 1] ^= 1;
      await writeFile(join(copy, weights), bytes);
    });
    expect(message).toBe(
      `/${weights}: content that was changed; expected the SHA-256 of the checkpoint's manifest. ${damaged}`,
    );
  });

  it('whose checkpoint is of something else', async () => {
    const manifest = 'checkpoints/step-40/manifest.json';
    expect(await spoilt((copy) => writeFile(join(copy, manifest), '{"model": "gpt"}'))).toBe(
      `/${manifest}: not a manifest of this checkpoint; ` +
        `expected format heed-checkpoint-1, step 40 and its three files. ${damaged}`,
    );
    await good([
      'train',
      'tiny.yaml',
      '--out',
      'small',
      '--set',
      'model.hidden=8',
      '--set',
      'training.maxSteps=2',
      ...one,
    ]);
    const message = await spoilt(async (copy) => {
      await rm(join(copy, 'checkpoints'), { recursive: true });
      await cp(join(folder, 'small/checkpoints'), join(copy, 'checkpoints'), { recursive: true });
    });
    expect(message).toMatch(
      /^\/checkpoints\/step-2: '[\w.]+' has the shape \[16, 24\]; expected \[16, 48\], by the recipe and the vocabularies beside it\. Recipe and vocabularies must be those that the weights were trained with; put them back together\.$/,
    );
  });

  it('without a checkpoint', async () => {
    expect(await spoilt((copy) => rm(join(copy, 'checkpoints'), { recursive: true }))).toBe(
      ' has no last checkpoint; expected a run directory with a finished checkpoint. ' +
        'Name another directory, or train first.',
    );
  });

  it('whose vocabulary does not fit the weights', async () => {
    const message = await spoilt(async (copy) => {
      const path = join(copy, 'target.json');
      const codec = JSON.parse(await readFile(path, 'utf8'));
      codec.vocabulary.tokens.push('g');
      await writeFile(path, JSON.stringify(codec));
    });
    expect(message).toMatch(
      /^\/checkpoints\/step-40: '[\w.]+' has the shape \[10, 16\]; expected \[11, 16\], by the recipe and the vocabularies beside it\. Recipe and vocabularies must/,
    );
  });

  it('whose vocabulary is damaged', async () => {
    expect(await spoilt((copy) => writeFile(join(copy, 'source.json'), '{"tokenizer": {}}'))).toBe(
      '/source.json: a codec written as {"tokenizer":{}}; expected { "tokenizer": …, "vocabulary": … }. ' +
        'The file is damaged or not a Heed codec: take it again from the run that wrote it.',
    );
    expect(await spoilt((copy) => truncate(join(copy, 'source.json'), 9))).toMatch(
      /^\/source\.json: .*JSON.*; expected the tokenizer that was written with the run, as JSON\. The file is damaged/,
    );
  });
});

describe('texts to predict', () => {
  it('an empty sentence', async () => {
    const message = 'only empty sentences; expected at least one text with a word in it. Check the input.';
    expect(await refusal(['predict', 'runs/tiny', ''])).toBe(message);
    await write('blank.txt', '\n \n');
    expect(await refusal(['predict', 'runs/tiny', '--input', 'blank.txt'])).toBe(message);
    expect(await refusal(['inspect', 'runs/tiny', '--text', ''])).toBe(
      'an empty source (number 1 of 1): ""; expected text with at least one token. Leave empty texts out.',
    );
    expect(await refusal(['inspect', 'runs/tiny', '--text', 'abc', '--target', ''])).toMatch(
      /^an empty target/,
    );
  });

  it('a file that is empty, not UTF-8, or holds a line of 100,000 characters', async () => {
    const from = async (content: string | Uint8Array) => {
      await write('bad.txt', content);
      return refusal(['predict', 'runs/tiny', '--input', 'bad.txt']);
    };
    expect(await from('')).toMatch(/^bad\.txt is empty; /);
    expect(await from(Uint8Array.of(97, 10, 0xff))).toMatch(
      /^bad\.txt holds an invalid UTF-8 sequence at byte 2 /,
    );
    expect(await from(`a\n${'x'.repeat(100_000)}\n`)).toMatch(
      /^bad\.txt:2 is 100000 characters long and begins "xx/,
    );
    expect(await refusal(['predict', 'runs/tiny', 'x'.repeat(100_000)])).toMatch(
      /^text 1 is 100000 characters long/,
    );
  });

  it('somewhere to write that is not there', async () => {
    expect(await refusal(['predict', 'runs/tiny', 'abc', '--output', 'no/said.txt'])).toBe(
      'no/said.txt cannot be written (ENOENT: no such file or directory); expected a writable place with enough ' +
        'space. Make the folder it should lie in first. What was there before is unchanged.',
    );
  });
});
