import { execFileSync, spawn } from 'node:child_process';
import * as nodeFs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { DataError, FormatError } from '../../src/errors.ts';
import { type FileSystem, writeFileAtomic } from '../../src/formats/atomic.node.ts';
import {
  type CheckpointContent,
  listCheckpoints,
  loadCheckpoint,
  saveAveraged,
  saveCheckpoint,
} from '../../src/formats/checkpoint.node.ts';

const made: string[] = [];
async function directory(): Promise<string> {
  const path = await nodeFs.mkdtemp(join(tmpdir(), 'heed-checkpoint-'));
  made.push(path);
  return path;
}
afterAll(async () => {
  for (const path of made) await nodeFs.rm(path, { recursive: true });
});

/** A checkpoint all of whose parts say `mark`, so that a mixture of two is found out. */
const content = (mark: number, size = 4): CheckpointContent => ({
  parameters: {
    'encoder.kernel': { dtype: 'float32', shape: [2, size / 2], data: new Float32Array(size).fill(mark) },
  },
  optimizer: {
    firstMoment: { dtype: 'float32', shape: [size], data: new Float32Array(size).fill(mark + 0.5) },
  },
  state: { mark },
});

async function markOf(run: string, which: 'best' | 'last' | 'averaged' | number): Promise<number> {
  const { state, parameters, optimizer } = await loadCheckpoint(run, which);
  const { mark } = state as { mark: number };
  expect(new Set<unknown>(parameters['encoder.kernel'].data)).toEqual(new Set([mark]));
  expect(new Set<unknown>(optimizer.firstMoment.data)).toEqual(new Set([mark + 0.5]));
  return mark;
}

const names = async (run: string) => (await nodeFs.readdir(join(run, 'checkpoints'))).sort();

describe('saveCheckpoint, loadCheckpoint', () => {
  it('gives back what was saved, and where', async () => {
    const run = await directory();
    await saveCheckpoint(run, 7, content(7), { isBest: true, keep: 3 });
    const path = join(run, 'checkpoints', 'step-7');
    for (const which of ['best', 'last', 7] as const) {
      expect(await loadCheckpoint(run, which)).toEqual({ step: 7, path, ...content(7) });
    }
    expect(await names(run)).toEqual(['best.json', 'last.json', 'step-7']);
  });

  it('moves `last` always and `best` when it is, and keeps the newest, best and last', async () => {
    const run = await directory();
    for (const step of [1, 2, 3, 4, 5]) {
      await saveCheckpoint(run, step, content(step), { isBest: step === 2, keep: 2 });
    }
    expect(await listCheckpoints(run)).toEqual({ steps: [2, 4, 5], best: 2, last: 5, averaged: false });
    expect([await markOf(run, 'best'), await markOf(run, 'last')]).toEqual([2, 5]);
  });

  it('keeps the steps that are asked for besides', async () => {
    const run = await directory();
    for (const step of [1, 2, 3, 4, 5, 6]) {
      const keepSteps = step < 6 ? [2, 3] : [3];
      await saveCheckpoint(run, step, content(step), { isBest: false, keep: 1, keepSteps });
    }
    expect((await listCheckpoints(run)).steps).toEqual([3, 6]);
  });

  it('takes steps beyond a resumed one for the oldest', async () => {
    const run = await directory();
    for (const step of [10, 20, 30, 40])
      await saveCheckpoint(run, step, content(step), { isBest: false, keep: 9 });
    await saveCheckpoint(run, 25, content(25), { isBest: false, keep: 3 });
    expect((await listCheckpoints(run)).steps).toEqual([10, 20, 25]);
  });

  it('replaces a checkpoint of the same step', async () => {
    const run = await directory();
    await saveCheckpoint(run, 1, content(1), { isBest: true, keep: 1 });
    await saveCheckpoint(run, 1, content(2), { isBest: false, keep: 1 });
    expect(await markOf(run, 'last')).toBe(2);
    expect(await names(run)).toEqual(['best.json', 'last.json', 'step-1']);
  });

  it('says what there is when asked for what there is not', async () => {
    const run = await directory();
    await expect(loadCheckpoint(run, 'last')).rejects.toThrow(DataError);
    await saveCheckpoint(run, 3, content(3), { isBest: false, keep: 1 });
    await expect(loadCheckpoint(run, 'best')).rejects.toThrow(
      /has no best checkpoint; expected one of its steps: 3/,
    );
    await expect(loadCheckpoint(run, 4)).rejects.toThrow(/no checkpoint of step 4/);
  });

  it('ignores leftovers and removes them at the next save', async () => {
    const run = await directory();
    await saveCheckpoint(run, 1, content(1), { isBest: false, keep: 5 });
    await nodeFs.mkdir(join(run, 'checkpoints', '.tmp-step-2-abc'));
    await nodeFs.writeFile(join(run, 'checkpoints', '.tmp-step-2-abc', 'state.json'), '{');
    await nodeFs.writeFile(join(run, 'checkpoints', '.tmp-last.json-abc'), '{');
    expect((await listCheckpoints(run)).steps).toEqual([1]);
    expect(await markOf(run, 'last')).toBe(1);
    await saveCheckpoint(run, 2, content(2), { isBest: false, keep: 5 });
    expect(await names(run)).toEqual(['last.json', 'step-1', 'step-2']);
  });
});

describe('saveAveraged', () => {
  /** A run whose steps 1 (best) and 2 are averaged. */
  async function averaged(): Promise<string> {
    const run = await directory();
    for (const step of [1, 2])
      await saveCheckpoint(run, step, content(step), { isBest: step === 1, keep: 2 });
    await saveAveraged(run, 2, content(7));
    return run;
  }

  it('keeps it besides, and best and last where they are', async () => {
    const run = await averaged();
    const path = join(run, 'checkpoints', 'averaged');
    expect(await loadCheckpoint(run, 'averaged')).toEqual({ step: 2, path, ...content(7) });
    expect(await listCheckpoints(run)).toEqual({ steps: [1, 2], best: 1, last: 2, averaged: true });
    expect([await markOf(run, 'best'), await markOf(run, 'last')]).toEqual([1, 2]);
    await saveAveraged(run, 3, content(8));
    expect(await markOf(run, 'averaged')).toBe(8);
  });

  it('is gone once the run goes on', async () => {
    const run = await averaged();
    await saveCheckpoint(run, 3, content(3), { isBest: false, keep: 2 });
    expect(await listCheckpoints(run)).toEqual({ steps: [1, 2, 3], best: 1, last: 3, averaged: false });
    await expect(loadCheckpoint(run, 'averaged')).rejects.toThrow(
      /has no averaged checkpoint; expected one of its steps: 1, 2, 3/,
    );
    expect((await names(run)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it.each([true, false])(
    'that fails at any operation leaves the old or the new (by death: %s)',
    async (dead) => {
      let n = 1;
      for (let failed = true; failed; n++) {
        const run = await averaged();
        failed = await saveAveraged(run, 2, content(9), { fs: failingAt(n, dead) }).then(
          () => false,
          () => true,
        );
        expect(failed ? [7, 9] : [9], `operation ${n}`).toContain(await markOf(run, 'averaged'));
        expect([await markOf(run, 'best'), await markOf(run, 'last')]).toEqual([1, 2]);
        await saveCheckpoint(run, 3, content(3), { isBest: false, keep: 3 });
        expect((await names(run)).filter((name) => !/^(step-[123]|(best|last)\.json)$/.test(name))).toEqual(
          [],
        );
      }
      expect(n).toBeGreaterThan(15);
    },
  );

  it('refuses one that is damaged', async () => {
    const run = await averaged();
    await nodeFs.writeFile(join(run, 'checkpoints', 'averaged', 'manifest.json'), '{}');
    await expect(loadCheckpoint(run, 'averaged')).rejects.toThrow(
      /manifest of this checkpoint; expected format/,
    );
  });
});

describe('a damaged checkpoint is refused by the name of the file', () => {
  const files = ['parameters.safetensors', 'optimizer.safetensors', 'state.json', 'manifest.json'];
  const refused = async (run: string, file: string) => {
    const error = await loadCheckpoint(run, 'last').catch((e) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toContain(file);
  };

  it.each(files)('%s cut off or changed anywhere', async (name) => {
    const run = await directory();
    await saveCheckpoint(run, 1, content(1), { isBest: false, keep: 1 });
    const file = join(run, 'checkpoints', 'step-1', name);
    const whole = await nodeFs.readFile(file);
    // the manifest's last two bytes are the closing brace and a newline that says nothing
    const telling = whole.length - (name === 'manifest.json' ? 2 : 1);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: telling }), async (length) => {
        await nodeFs.writeFile(file, whole.subarray(0, length));
        await refused(run, file);
      }),
      { numRuns: 30 },
    );
    if (name === 'manifest.json') return; // a changed size or checksum in it blames the file it speaks of
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        const changed = Uint8Array.from(whole);
        changed[at] ^= bits;
        await nodeFs.writeFile(file, changed);
        await refused(run, file);
      }),
      { numRuns: 30 },
    );
  });

  it.each(files)('%s missing', async (name) => {
    const run = await directory();
    await saveCheckpoint(run, 1, content(1), { isBest: false, keep: 1 });
    await nodeFs.rm(join(run, 'checkpoints', 'step-1', name));
    await refused(run, name);
  });

  it.each(['', 'null', '[]', '{"step":1}', '{"format":"heed-checkpoint-1","step":2,"files":{}}'])(
    'a foreign manifest %j',
    async (text) => {
      const run = await directory();
      await saveCheckpoint(run, 1, content(1), { isBest: false, keep: 1 });
      await nodeFs.writeFile(join(run, 'checkpoints', 'step-1', 'manifest.json'), text);
      await refused(run, 'manifest.json');
    },
  );

  it.each(['', 'null', '{"step":"x"}'])('a pointer %j', async (text) => {
    const run = await directory();
    await saveCheckpoint(run, 1, content(1), { isBest: false, keep: 1 });
    await nodeFs.writeFile(join(run, 'checkpoints', 'last.json'), text);
    await refused(run, 'last.json');
  });
});

/**
 * The real file system until the n-th operation that changes something, which fails: for want of space (a write
 * puts down half its bytes first), or, with `dead`, as if the process had been killed: nothing works afterwards.
 */
function failingAt(n: number, dead: boolean): FileSystem & { count: () => number } {
  let operations = 0;
  const allow = async (halfway?: () => Promise<unknown>) => {
    operations++;
    if (operations === n) await halfway?.();
    if (operations === n || (dead && operations > n)) {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    }
  };
  const open = async (...args: Parameters<FileSystem['open']>) => {
    await allow();
    const file = await nodeFs.open(...args);
    const { writeFile, sync } = file;
    file.writeFile = (async (chunk: Uint8Array | string) => {
      await allow(() => writeFile.call(file, chunk.slice(0, chunk.length / 2)));
      await writeFile.call(file, chunk);
    }) as typeof writeFile;
    file.sync = () => allow().then(() => sync.call(file));
    return file;
  };
  const guarded = <A extends unknown[], R>(action: (...args: A) => Promise<R>) =>
    (async (...args: A) => {
      await allow();
      return action(...args);
    }) as typeof action;
  return {
    ...nodeFs,
    open,
    rename: guarded(nodeFs.rename),
    mkdir: guarded(nodeFs.mkdir) as FileSystem['mkdir'],
    rm: dead ? guarded(nodeFs.rm) : nodeFs.rm,
    count: () => operations,
  };
}

describe('a save that fails at any operation', () => {
  /** A run with steps 1 (best) and 2; the save to come is of step 2 again or of step 3. */
  async function started(): Promise<string> {
    const run = await directory();
    await saveCheckpoint(run, 1, content(1), { isBest: true, keep: 2 });
    await saveCheckpoint(run, 2, content(2), { isBest: false, keep: 2 });
    return run;
  }

  describe.each([2, 3])('of step %d', (step) => {
    it('for want of space leaves the checkpoint before, and no rubbish', async () => {
      const count = failingAt(Infinity, false);
      await saveCheckpoint(await started(), step, content(9), { isBest: true, keep: 1, fs: count });
      expect(count.count()).toBeGreaterThan(20);
      for (let n = 1; n <= count.count(); n++) {
        const run = await started();
        const fs = failingAt(n, false);
        const error = await saveCheckpoint(run, step, content(9), { isBest: true, keep: 1, fs }).catch(
          (e) => e,
        );
        expect(error, `operation ${n}`).toBeInstanceOf(DataError);
        expect(error.message).toMatch(/cannot be written \(ENOSPC.*Free some space/);
        expect([2, 9]).toContain(await markOf(run, 'last'));
        expect([1, 9]).toContain(await markOf(run, 'best'));
        expect(
          (await names(run)).filter((name) => name.startsWith('.tmp-') && !name.includes('step-1')),
        ).toEqual([]);
        await saveCheckpoint(run, 5, content(5), { isBest: false, keep: 3 });
        expect(await markOf(run, 'last')).toBe(5);
        expect((await names(run)).filter((name) => name.startsWith('.'))).toEqual([]);
      }
    });

    it('by death leaves a whole checkpoint, and the next save works', async () => {
      let n = 1;
      for (let died = true; died; n++) {
        const run = await started();
        const fs = failingAt(n, true);
        died = await saveCheckpoint(run, step, content(9), { isBest: true, keep: 1, fs }).then(
          () => false,
          () => true,
        );
        expect(died ? [2, 9] : [9], `operation ${n}`).toContain(await markOf(run, 'last'));
        expect(died ? [1, 9] : [9], `operation ${n}`).toContain(await markOf(run, 'best'));
        await saveCheckpoint(run, 5, content(5), { isBest: false, keep: 3 });
        expect(await markOf(run, 'last')).toBe(5);
        expect([1, 9]).toContain(await markOf(run, 'best'));
        expect((await names(run)).filter((name) => name.startsWith('.'))).toEqual([]);
      }
      expect(n).toBeGreaterThan(20);
    });
  });

  it('before the pointers move leaves the old step loadable by number', async () => {
    const run = await started();
    const fs = failingAt(5, false);
    await expect(saveCheckpoint(run, 3, content(9), { isBest: true, keep: 1, fs })).rejects.toThrow(
      DataError,
    );
    expect(await listCheckpoints(run)).toEqual({ steps: [1, 2], best: 1, last: 2, averaged: false });
  });
});

describe('writeFileAtomic', () => {
  it('leaves the old content or the new, and no rubbish', async () => {
    const dir = await directory();
    const file = join(dir, 'state.json');
    await writeFileAtomic(file, 'old');
    const count = failingAt(Infinity, false);
    await writeFileAtomic(file, 'old', count);
    for (let n = 1; n <= count.count(); n++) {
      await expect(writeFileAtomic(file, 'new!', failingAt(n, false))).rejects.toThrow(DataError);
      expect(['old', 'new!']).toContain(await nodeFs.readFile(file, 'utf8'));
      if (n < 4) expect(await nodeFs.readFile(file, 'utf8')).toBe('old');
      expect(await nodeFs.readdir(dir)).toEqual(['state.json']);
    }
    await writeFileAtomic(file, Uint8Array.of(104, 105));
    expect(await nodeFs.readFile(file, 'utf8')).toBe('hi');
  });

  it('names a place that is not there', async () => {
    await expect(writeFileAtomic(join(await directory(), 'no', 'x'), '')).rejects.toThrow(
      /no.x cannot be written/,
    );
  });
});

describe('kill -9', () => {
  it('in the middle of saves always leaves a whole checkpoint to go on from', async () => {
    const run = await directory();
    const code = await directory();
    const root = join(import.meta.dirname, '../..');
    const compile =
      '--outDir OUT --module nodenext --target es2022 --rewriteRelativeImportExtensions --skipLibCheck --ignoreConfig';
    const args = compile.replace('OUT', code).split(' ');
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    execFileSync(
      process.execPath,
      [tsc, join(root, 'src/formats/checkpoint.node.ts'), ...args, '--types', 'node'],
      { cwd: root },
    );
    await nodeFs.writeFile(join(code, 'package.json'), '{"type":"module"}');
    await nodeFs.writeFile(
      join(code, 'child.js'),
      `import { listCheckpoints, saveCheckpoint } from './formats/checkpoint.node.js';
       const [run] = process.argv.slice(2);
       const size = 200_000;
       const tensor = (x) => ({ dtype: 'float32', shape: [size], data: new Float32Array(size).fill(x) });
       for (let step = (await listCheckpoints(run)).last ?? 0; ; ) {
         step++;
         const content = { parameters: { 'encoder.kernel': tensor(step) }, optimizer: { firstMoment: tensor(step + 0.5) }, state: { mark: step } };
         await saveCheckpoint(run, step, content, { isBest: step % 3 === 0, keep: 2 });
         console.log(step);
       }`,
    );
    let reached = 0;
    let unfinished = 0;
    for (let life = 0; life < 15; life++) {
      const child = spawn(process.execPath, [join(code, 'child.js'), run], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let saved = 0;
      child.stdout.on('data', (data) => {
        saved = Number(String(data).trim().split('\n').at(-1));
      });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await new Promise((resolve) => setTimeout(resolve, 3 + life * 4));
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
      unfinished += (await names(run)).filter((name) => name.startsWith('.tmp-')).length;
      const last = await markOf(run, 'last');
      expect(last).toBeGreaterThanOrEqual(saved);
      expect(last).toBeGreaterThan(reached);
      reached = last;
      const { best } = await listCheckpoints(run);
      if (last > 3) expect(await markOf(run, 'best')).toBe(best);
    }
    expect(unfinished).toBeGreaterThan(0); // some lives ended in the middle of a save
  });
});
