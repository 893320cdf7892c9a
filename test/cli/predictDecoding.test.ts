import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { heedIn, workFolder } from './heed.ts';

/** Turns words of the letters a to d around; see its recipe. */
const run = fileURLToPath(new URL('../fixtures/frozen-run', import.meta.url));
const folder = workFolder();
const heed = heedIn(folder);
const predict = (...args: string[]) => ['predict', run, ...args, '--threads', '1'];
const lines = async (args: readonly string[], input = '') =>
  (await heed.good(args, input)).stdout.replace(/\n$/, '').split('\n');
const records = async (args: readonly string[], input = '') =>
  (await lines([...args, '--json'], input)).map((line) => JSON.parse(line));

describe('predict', () => {
  it('keeps constraints of all texts', async () => {
    const found = await lines(
      predict('abcd', 'aab', '--require', 'bb', 'cd', '--forbid', 'da', '--no-repeat', '2', '--prefix', 'a'),
    );
    expect(found).toHaveLength(2);
    for (const text of found) {
      expect(text).toMatch(/^a/);
      for (const phrase of ['bb', 'cd']) expect(text).toContain(phrase);
      expect(text).not.toContain('da');
    }
    const args = predict('d', 'aab', '--min-length', '7', '--max-length', '8', '--beam', '1');
    for (const { targetTokens } of await records(args)) {
      expect(targetTokens).toHaveLength(8);
      expect(targetTokens.slice(0, 7)).not.toContain('</s>');
    }
  });

  it('keeps constraints of each line, as JSON', async () => {
    const asked = [
      { text: 'abcd', constraints: ['cc', 'ab'], avoid: ['d'] },
      { text: 'aab', prefix: 'dd' },
      { text: 'aab' },
    ];
    await heed.write('asked.jsonl', asked.map((line) => `${JSON.stringify(line)}\n\n`).join(''));
    const [first, , second, , third] = await lines(predict('--input', 'asked.jsonl', '--json-input'));
    expect(first).toMatch(/^(?=.*cc)(?=.*ab)[^d]*$/);
    expect(second).toMatch(/^dd/);
    expect(third).toBe('baa');
    const argument = await lines(predict(JSON.stringify(asked[1]), '--json-input'));
    expect(argument).toEqual([second]);
  });

  it('scores by the penalties asked for', async () => {
    const args = predict('abcd', '--length-penalty', '0.5', '--length-penalty-form', 'gnmt');
    const [plain] = await records(args);
    expect(plain.score).toBeCloseTo(plain.logProb / (10 / 6) ** 0.5, 9);
    const [covering] = await records([...args, '--coverage-penalty', '0.2']);
    const cp = covering.sourceTokens.reduce((sum: number, _: string, i: number) => {
      const attended = covering.attention.reduce((total: number, row: number[]) => total + row[i], 0);
      return sum + Math.log(Math.min(attended, 1));
    }, 0);
    expect(covering.score).toBeCloseTo(plain.score + 0.2 * cp, 3);
  });

  it('draws samples of each text, the same in any batch', async () => {
    const sampling = ['--sample', '3', '--temperature', '3', '--top-k', '6', '--top-p', '0.9', '--seed', '4'];
    const together = await lines(predict('abcd', 'aab', ...sampling));
    expect(together).toHaveLength(6);
    expect(new Set(together).size).toBeGreaterThan(2);
    expect(await lines(predict('aab', ...sampling))).toEqual(together.slice(3));
    expect(await lines(predict('aab', ...sampling.slice(0, -1), '5'))).not.toEqual(together.slice(3));
  });

  it('searches diversely', async () => {
    const args = predict('abcd', '--n-best', '4', '--diverse-groups', '4', '--diversity', '20');
    const found = await records([...args, '--beam', '4']);
    expect(new Set(found.map(({ targetTokens }) => targetTokens[0])).size).toBe(4);
  });

  it('scores given targets, and aligns them', async () => {
    await heed.write('texts.txt', 'abcd\n\naab\n');
    await heed.write('targets.txt', 'dcba\n\nbab\n');
    const args = predict('--input', 'texts.txt', '--target', 'targets.txt');
    const scored = await records([...args, '--alignment', 'aligned.txt', '--attention', 'maps.jsonl']);
    expect(scored.map(({ translation }) => translation)).toEqual(['dcba', '', 'bab']);
    const [best] = await records(predict('abcd'));
    const { tokenLogProbs, ...same } = scored[0];
    const close = (x: number) => expect.closeTo(x, 3);
    expect(same).toEqual({
      ...best,
      score: close(best.score),
      logProb: close(best.logProb),
      attention: best.attention.map((row: number[]) => row.map(close)),
    });
    expect(tokenLogProbs.reduce((sum: number, x: number) => sum + x, 0)).toBeCloseTo(best.logProb, 4);
    expect(await heed.read('aligned.txt')).toBe('3-0 2-1 1-2 0-3\n\n2-0 1-1 0-2\n');
    expect((await heed.read('maps.jsonl')).split('\n').map((line) => line && JSON.parse(line))).toEqual([
      scored[0],
      scored[2],
      '',
    ]);
    const short = await lines([...args, '--alignment', '-']);
    expect(short).toEqual([
      scored[0].logProb.toFixed(4),
      '3-0 2-1 1-2 0-3',
      '',
      scored[2].logProb.toFixed(4),
      '2-0 1-1 0-2',
    ]);
    expect((await records(predict('abcd', '--alignment', '-')))[0].alignment).toBe('3-0 2-1 1-2 0-3');
  });

  it('writes as it goes, files at the end', async () => {
    const letters = 'abcd';
    const texts = Array.from({ length: 1100 }, (_, i) =>
      i === 513 ? '' : letters[i % 4] + letters[(i >> 2) % 4] + letters[(i >> 4) % 4],
    );
    const quick = ['--beam', '1', '--max-length', '6'];
    await heed.write('many.txt', texts.map((text) => `${text}\n`).join(''));
    const args = predict('--input', 'many.txt', ...quick);
    const found = await records([...args, '--attention', 'many.jsonl', '--alignment', 'many.align']);
    expect(found.map(({ line, source }) => [line, source])).toEqual(texts.map((text, i) => [i + 1, text]));
    const alone = await lines(predict('abc', ...quick));
    expect(found.filter(({ source }) => source === 'abc').every((f) => f.translation === alone[0])).toBe(
      true,
    );
    const maps = (await heed.read('many.jsonl'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(maps).toEqual(found.filter(({ source }) => source !== ''));
    expect((await heed.read('many.align')).split('\n')).toHaveLength(1101);
    // The first lines are out before the last ones fail; a file is not there before it is whole.
    const failing = predict('--input', 'spoilt.jsonl', '--json-input', ...quick);
    const asked = texts.slice(0, 600).map((text) => JSON.stringify({ text }));
    await heed.write('spoilt.jsonl', [...asked, '{"text":"a","prefix":"z"}'].join('\n'));
    const { code, stdout } = await heed.run([...failing, '--alignment', 'spoilt.align']);
    expect([code, stdout]).toEqual([
      2,
      found
        .slice(0, 512)
        .map((f) => `${f.translation}\n`)
        .join(''),
    ]);
    expect((await readdir(folder)).filter((name) => /spoilt.align|^.tmp-/.test(name))).toEqual([]);
    await heed.run([...failing, '--output', 'many.align']);
    expect((await heed.read('many.align')).split('\n')).toHaveLength(1101);
  });

  it('refuses before it decodes what cannot be written', async () => {
    const { code, stdout, stderr } = await heed.run(predict('a', '--alignment', 'no/a.txt'));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/no\/a.txt cannot be written \(ENOENT/);
  });

  it('widens the beam of the recipe for --n-best', async () => {
    expect(await records(predict('abcd', '--n-best', '9'))).toHaveLength(9);
  });

  it('tells n-best apart by the line of the input', async () => {
    const found = await records(predict('--input', '-', '--n-best', '2'), 'abcd\n\nabcd\n');
    expect(found.map(({ line }) => line)).toEqual([1, 1, 2, 3, 3]);
  });

  it('says how many tokens of given targets it does not know', async () => {
    await heed.write('strange.txt', 'dczz\nz\n');
    const { stdout, stderr } = await heed.good(predict('abcd', 'a', '--target', 'strange.txt'));
    expect(stdout).toMatch(/^-\d+\.\d{4}\n-\d+\.\d{4}\n$/);
    expect(stderr).toBe('heed: 3 target tokens scored as unknown\n');
  });

  it('writes for an unknown word what it looks at', async () => {
    // No token but the unknown one may be said.
    const forbidding = ['--forbid', 'a', 'b', 'c', 'd', '--min-length', '2', '--max-length', '3'];
    const [plain] = await records(predict('abcd', ...forbidding));
    expect(
      plain.targetTokens.filter((token: string) => token !== '</s>').every((t: string) => t === '<unk>'),
    ).toBe(true);
    const [copied] = await records(predict('abcd', ...forbidding, '--replace-unknown'));
    const looked = plain.attention
      .slice(0, plain.translation.length / 5)
      .map((row: number[]) => 'abcd'[row.slice(0, 4).indexOf(Math.max(...row.slice(0, 4)))]);
    expect(looked.length).toBeGreaterThanOrEqual(2);
    expect(copied.translation).toBe(looked.join(''));
    const impossible = await heed.run(predict('abcd', ...forbidding, '--no-unknown'));
    expect(impossible.code).toBe(1);
    expect(impossible.stderr).toMatch(/Constraints of text 1, "abcd" that no hypothesis keeps/);
    await heed.write('dictionary.tsv', `${looked[0]}\tone\n${looked[0]}\ttwo\n`);
    const [replaced] = await lines(predict('abcd', ...forbidding, '--dictionary', 'dictionary.tsv'));
    expect(replaced).toBe(looked.join('').replaceAll(looked[0], 'one'));
  });

  describe('with other runs', () => {
    beforeAll(async () => {
      for (const name of ['same', 'foreign', 'settled'])
        await cp(run, join(folder, name), { recursive: true });
      const target = JSON.parse(await heed.read('foreign/target.json'));
      target.vocabulary.tokens.reverse().splice(-4, 4);
      target.vocabulary.tokens.unshift('<pad>', '<unk>', '<s>', '</s>');
      await writeFile(join(folder, 'foreign/target.json'), JSON.stringify(target));
      const recipe = await readFile(join(run, 'recipe.yaml'), 'utf8');
      const decoding =
        'decoding: { beam: 3, maxLength: 10, minLength: 6, noRepeat: 2, lengthPenaltyForm: gnmt, coveragePenalty: 0.1, replaceUnknown: true }';
      await writeFile(join(folder, 'settled/recipe.yaml'), recipe.replace(/^decoding:.*$/m, decoding));
    });

    it('decodes an ensemble', async () => {
      const [alone] = await records(predict('abxd'));
      for (const mean of ['arithmetic', 'geometric']) {
        const [joined] = await records(
          predict('abxd', '--ensemble', 'same', 'same', '--ensemble-mean', mean),
        );
        expect(joined.translation).toBe(alone.translation);
        expect(joined.logProb).toBeCloseTo(alone.logProb, 4);
        expect(joined.attention).toEqual(
          alone.attention.map((row: number[]) => row.map((w) => expect.closeTo(w, 3))),
        );
      }
      const { code, stderr } = await heed.run(predict('abc', '--ensemble', 'foreign'));
      expect(code).toBe(2);
      expect(stderr).toMatch(/model 2 has another tokenizer or vocabulary/);
    });

    it('refuses a recipe that replaces what it never says', async () => {
      await cp(join(folder, 'settled'), join(folder, 'contradictory'), { recursive: true });
      const recipe = await heed.read('settled/recipe.yaml');
      const both = recipe.replace('replaceUnknown: true', 'replaceUnknown: true, noUnknown: true');
      await heed.write('contradictory/recipe.yaml', both);
      const { code, stderr } = await heed.run(['predict', 'contradictory', 'a']);
      expect(code).toBe(2);
      expect(stderr).toMatch(/decoding.noUnknown is true; expected false where unknown words are replaced/);
      await heed.write('contradictory/recipe.yaml', recipe.replace('replaceUnknown', 'noUnknown'));
      const [found] = await records(['predict', 'contradictory', 'abcd', '--threads', '1']);
      expect(found.targetTokens).not.toContain('<unk>');
    });

    it('does as the recipe does, unless told otherwise, and evaluates so', async () => {
      const args = ['predict', 'settled', 'abcd', 'ddxd', '--threads', '1'];
      const found = await records(args);
      for (const { targetTokens, translation, logProb, score } of found) {
        expect(targetTokens.length).toBeGreaterThanOrEqual(6);
        expect(score).not.toBeCloseTo(logProb / targetTokens.length, 3);
        expect(translation).not.toContain('<unk>');
      }
      expect(await lines([...args, '--min-length', '0'])).toContain('dcba');
      // In place of the replacement that the recipe asks for.
      for (const { targetTokens } of await records([...args, '--no-unknown'])) {
        for (const token of targetTokens) expect(token).toMatch(/^([a-d]|<\/s>)$/);
      }
      await heed.write('pairs.tsv', 'abcd\tdcba\naab\tbaa\n');
      const evaluated = await heed.good([
        'evaluate',
        'settled',
        '--input',
        'pairs.tsv',
        '--json',
        '--threads',
        '1',
      ]);
      expect(JSON.parse(evaluated.stdout)).toMatchObject({
        decoding: { minLength: 6, noRepeat: 2 },
        metrics: { exactMatch: 0 },
      });
    });
  });

  it.each<[string[], RegExp]>([
    [
      ['a', '--top-k', '3', '--temperature', '2'],
      /--temperature and --top-k without --sample; expected both/,
    ],
    [['a', '--diversity', '3'], /--diversity without --diverse-groups/],
    [['a', '--beam', '3', '--diverse-groups', '2'], /A beam of 3 in 2 groups/],
    [['a', '--beam', '3', '--sample', '2'], /--beam with --sample/],
    [
      ['a', '--n-best', '3', '--diverse-groups', '3', '--sample', '2'],
      /--n-best and --diverse-groups with --sample/,
    ],
    [['a', '--sample', '2', '--require', 'b'], /--require with --sample/],
    [['a', '--sample', '2', '--top-p', '1.5'], /--top-p 1.5; expected a number above 0 and at most 1/],
    [['a', '--sample', '2', '--temperature', '0'], /--temperature 0; expected a number above 0/],
    [['a', '--beam', '3', '--n-best', '5'], /--n-best 5 with --beam 3/],
    [['a', '--beam', '1', '--diverse-groups', '2'], /A beam of 1 in 2 groups/],
    [['a', '--length-penalty', 'much'], /--length-penalty much; expected a number of at least 0/],
    [['a', '--length-penalty-form', 'wu'], /Allowed choices are plain, gnmt/],
    [['a', '--no-repeat', '0'], /--no-repeat 0; expected a whole number of at least 1/],
    [['a', '--ensemble-mean', 'geometric'], /--ensemble-mean without --ensemble/],
    [
      ['a', '--require', 'ab', '--forbid', 'b'],
      /forbidden "b" within "ab", which must be said.*Drop one of the two/,
    ],
    [
      ['', '{"text":"b","avoid":["b"],"constraints":["ab"]}', '--json-input'],
      /text 2, "b": forbidden "b" within "ab"/,
    ],
    [
      ['', '{"text":"b","constraints":["z"]}', '--json-input'],
      /text 2, "b": "z", of which the model cannot say/,
    ],
    [['', '{"text":"b","avoid":[""]}', '--json-input'], /text 2, "b": the phrase "", which has no token/],
    [['--input', 'blanks.txt', '--min-length', '30'], /limit of 10 tokens for blanks.txt:2, "a"/],
    [['a', '--require', 'z'], /"z", of which the model cannot say "z"/],
    [['a', '--forbid', 'z', '--replace-unknown'], /cannot say "z"/],
    [['a', '--dictionary', 'd.tsv', '--no-replace-unknown'], /--dictionary with --no-replace-unknown/],
    [['a', '--output', 'same', '--attention', './same'], /--output and --attention .\/same; expected a file/],
    [['a', '--alignment', 'same', '--attention', 'same'], /--attention and --alignment same/],
    [['a', '--json', '--attention', '-'], /--json with --attention -/],
    [['a', '--no-unknown', '--replace-unknown'], /--no-unknown with --replace-unknown/],
    [['a', '--target', 'one.txt', '--no-unknown'], /--no-unknown with --target/],
    [['a', '--min-length', '30'], /A limit of 10 tokens for text 1, "a", whose .* may take 30/],
    [['a', '--target', 'one.txt', '--beam', '2', '--no-repeat', '3'], /--beam and --no-repeat with --target/],
    [
      ['{"text":"a","avoid":["b"]}', '--json-input', '--target', 'one.txt'],
      /constraints of text 1 with --target/,
    ],
  ])('%j is wrong usage', async (args, message) => {
    await heed.write('one.txt', 'a\n');
    await heed.write('blanks.txt', '\na\n');
    const { code, stdout, stderr } = await heed.run(predict(...args));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it.each<[string[], string, RegExp]>([
    [
      ['--json-input'],
      '{"text":"a"}\n{"text":"a","constraint":[]}',
      /standard input:2: the unknown key "constraint"/,
    ],
    [['--json-input'], '{"text":3}', /standard input:1: text 3; expected \{"text"/],
    [['--json-input'], '{"text":"a","avoid":"b"}', /standard input:1: avoid "b"/],
    [['--json-input'], 'abc', /standard input:1: .*JSON/],
    [['--json-input'], '[1]', /standard input:1: \[1\], which is no JSON object/],
    [['--target', 'one.txt'], 'a\nb', /one.txt: 1 targets for 2 texts/],
    [['--target', 'empty.txt'], 'a', /empty.txt:1: an empty target/],
  ])('%j refuses %j', async (args, input, message) => {
    await heed.write('one.txt', 'a\n');
    await heed.write('empty.txt', '\n');
    const { code, stdout, stderr } = await heed.run(predict(...args, '--input', '-'), input);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
