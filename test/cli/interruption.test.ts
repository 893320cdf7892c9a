/** Whatever stops a run, nothing is lost, and a resumed run is the run that was never stopped, to the bit. */
import { spawnSync } from 'node:child_process';
import { watch } from 'node:fs';
import { cp, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Ended, heedIn, tinyRecipe, workFolder, writeTiny } from './heed.ts';

const folder = workFolder();
const heed = heedIn(folder);
const { good, run, start, read, write } = heed;
const steps = 300;
const train = (directory: string, ...more: string[]) => {
  const length = ['--set', `training.maxSteps=${steps}`];
  return ['train', 'untested.yaml', '--threads', '1', '--out', directory, ...length, ...more];
};

beforeAll(async () => {
  await writeTiny(heed);
  await write('untested.yaml', tinyRecipe({ test: false }));
  await good(train('whole'));
});

/** All that a run has computed, but for the time it took. */
async function outcome(directory: string) {
  const events = (await read(`${directory}/metrics.jsonl`)).trimEnd().split('\n');
  const file = (name: string) => readFile(join(folder, directory, `checkpoints/step-${steps}/${name}`));
  const { elapsedSeconds: _, ...state } = JSON.parse(String(await file('state.json')));
  return {
    events: events.map((line) => {
      const { seconds: _, tokensPerSecond: __, ...event } = JSON.parse(line);
      return event;
    }),
    state,
    parameters: await file('parameters.safetensors'),
    optimizer: await file('optimizer.safetensors'),
    best: await read(`${directory}/checkpoints/best.json`),
  };
}

async function expectAsWhole(directory: string, wholeRun = 'whole'): Promise<void> {
  const [found, whole] = [await outcome(directory), await outcome(wholeRun)];
  expect(whole.events.filter(({ type }) => type === 'step').length).toBe(steps);
  expect(found).toEqual(whole);
  expect(await leftovers(directory)).toEqual([]);
}

const checkpoints = (directory: string) => readdir(join(folder, directory, 'checkpoints'));
const leftovers = async (directory: string) =>
  (await checkpoints(directory)).filter((name) => name.startsWith('.'));
const lastStep = async (directory: string): Promise<number> =>
  JSON.parse(await read(`${directory}/checkpoints/last.json`)).step;

describe('Ctrl-C', () => {
  it('saves and exits 130; --resume goes on as if never stopped', async () => {
    const running = start(train('interrupted'));
    await running.saying('validation at step 20:');
    running.process.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    const step = await lastStep('interrupted');
    expect(step).toBeGreaterThanOrEqual(20);
    expect(step).toBeLessThan(steps);
    expect(stderr).toMatch(
      new RegExp(
        `heed: interrupted; finishing this step and saving[^]*\nstopped after step ${step}: interrupted .*\n` +
          'run directory: interrupted\nsaved; the same command with --resume goes on from here\n$',
      ),
    );
    const resumed = await good(train('interrupted', '--resume'));
    expect(resumed.stderr).toContain(`\nresuming after step ${step}\n`);
    await expectAsWhole('interrupted');
  });

  it('so too with AdaDelta, a plateau schedule and two threads', async () => {
    const settings = ['--threads', '2', '--set', 'training.optimizer={type: adadelta}'];
    settings.push('--set', 'training.schedule={type: plateau, patience: 1}');
    await good(train('otherWhole', ...settings));
    const running = start(train('other', ...settings));
    await running.saying('validation at step 40:');
    running.process.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(await lastStep('other')).toBeLessThan(steps);
    await good(train('other', '--resume', ...settings));
    await expectAsWhole('other', 'otherWhole');
  });

  it('so too with all that averages: gradients, weights, checkpoints', async () => {
    const settings = [
      'training.optimizer={type: sgd, learningRate: 0.5, momentum: 0.9, weightDecay: 0.001}',
      'training.schedule={type: cosine, warmupSteps: 20, finalRate: 0.01}',
      'training.accumulate=3',
      'training.movingAverage=0.9',
      'training.averageCheckpoints={last: 4}',
      'training.keepCheckpoints=1',
    ].flatMap((setting) => ['--set', setting]);
    const { stderr } = await good(train('meanWhole', ...settings));
    expect(stderr).toContain(' 4 steps an epoch');
    const running = start(train('mean', ...settings));
    await running.saying('validation at step 60:');
    running.process.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(await lastStep('mean')).toBeLessThan(steps);
    await good(train('mean', '--resume', ...settings));
    await expectAsWhole('mean', 'meanWhole');
    const events = (await outcome('mean')).events.filter(({ type }) => type === 'averaged');
    expect(events.map((event) => event.steps)).toEqual([[240, 260, 280, 300]]);
    const loaded = async (directory: string) =>
      readdir(join(folder, directory, 'checkpoints')).then((names) => names.sort());
    expect(await loaded('mean')).toEqual(await loaded('meanWhole'));
  });

  it.each([
    ['training.movingAverage=0.9', 'training.movingAverage 0.9; expected none, as the run has it.'],
    ['training.optimizer={type: sgd}', 'training.optimizer.type sgd; expected adam, as the run has it.'],
  ])('--resume refuses %s, other arrays to go on from', async (setting, message) => {
    const { code, stderr } = await run(train('interrupted', '--resume', '--set', setting));
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`--resume with ${message}`),
    });
  });

  it('--resume refuses other data and another batch size, by which the order of pairs would change', async () => {
    for (const setting of [
      'training.batch={sentences: 10}',
      'data.train={tsv: validation.tsv}',
      'model.hidden=8',
    ]) {
      const { code, stderr } = await run(train('interrupted', '--resume', '--set', setting));
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringContaining(`--resume with ${setting.split('=')[0]}`),
      });
    }
  });
});

describe('kill -9', () => {
  it('in the middle of saving loses what came after the checkpoint before; --resume computes it again', async () => {
    await good(train('killed', '--set', 'training.maxSteps=20'));
    const killedWhileSaving = async (): Promise<boolean> => {
      const running = start(train('killed', '--resume'));
      const watcher = watch(join(folder, 'killed/checkpoints'), (_, name) => {
        if (name?.startsWith('.tmp-step-')) running.process.kill('SIGKILL');
      });
      const { signal } = await running.ended;
      watcher.close();
      expect(signal).toBe('SIGKILL');
      return (await leftovers('killed')).length > 0;
    };
    // The kill can come too late; the run has saves enough to try again.
    let tries = 1;
    while (!(await killedWhileSaving())) expect(++tries).toBeLessThan(10);
    const step = await lastStep('killed');
    expect(step % 20).toBe(0);
    await good(['predict', 'killed', 'abc', '--threads', '1']);
    const resumed = await good(train('killed', '--resume'));
    expect(resumed.stderr).toContain(`\nresuming after step ${step}\n`);
    await expectAsWhole('killed');
  });

  it('before the first checkpoint leaves a run that starts at its beginning', async () => {
    const slow = ['--set', 'training.validateEvery={steps: 250}'];
    const running = start(train('early', ...slow));
    await running.saying('steps an epoch');
    running.process.kill('SIGKILL');
    await running.ended;
    expect(await readdir(join(folder, 'early'))).not.toContain('checkpoints');
    const predicted = await run(['predict', 'early', 'abc']);
    expect(predicted).toMatchObject({ code: 1, stdout: '' });
    expect(predicted.stderr).toMatch(
      /^heed: early has no last checkpoint; expected a run directory with a finished/,
    );
    const resumed = await good(train('early', '--resume'));
    expect(resumed.stderr).toContain('\nstopped before its first checkpoint: starting at the beginning\n');
    await expectAsWhole('early');
  });
});

describe('a full disk', () => {
  it('in the middle of a save: the checkpoint before stays; with space again --resume goes on', async ({
    skip,
  }) => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    const files = await readdir(join(folder, 'whole/checkpoints', `step-${steps}`));
    let bytes = 0;
    for (const name of files)
      bytes += (await stat(join(folder, 'whole/checkpoints', `step-${steps}`, name))).size;
    // Room for one checkpoint and the small files of a run, not for the second checkpoint beside it.
    const size = Math.round(1.5 * bytes + 50_000);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk]);
    if (mounted.status !== 0) skip('it takes the right to mount a file system');
    try {
      const full = await run(train('disk/run'));
      expect(full).toMatchObject({ code: 1, stdout: '' });
      expect(full.stderr).toMatch(
        /\nheed: disk\/run\/checkpoints\/step-40 cannot be written \(ENOSPC: no space left on device\); expected a writable place with enough space\. Free some space on that disk\. The checkpoints saved before are unchanged\.\n$/,
      );
      expect(await checkpoints('disk/run')).toEqual(['best.json', 'last.json', 'step-20']);
      expect(await lastStep('disk/run')).toBe(20);
      await good(['predict', 'disk/run', 'abc', '--threads', '1']);

      spawnSync('mount', ['-o', 'remount,size=8m', disk]);
      const resumed = await good(train('disk/run', '--resume'));
      expect(resumed.stderr).toContain('\nresuming after step 20\n');
      await expectAsWhole('disk/run');
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});

describe('a loss that is not a number', () => {
  const absurd = ['--set', 'training.optimizer.learningRate=1e38'];
  const failed = ({ code, stdout, stderr }: Ended) => {
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    return stderr.slice(stderr.lastIndexOf('heed: '));
  };

  it('stops the run, says where and what to try, and leaves the last good checkpoint', async () => {
    await cp(join(folder, 'whole'), join(folder, 'broken'), { recursive: true });
    const before = await outcome('broken');
    const more = ['--resume', ...absurd, '--set', 'training.maxSteps=400'];
    expect(failed(await run(train('broken', ...more)))).toBe(
      `heed: loss NaN at step 302 (epoch 31, batch 2 of 10); expected a finite number. Lower the learning rate ` +
        `(now 1e+38) or lower clipNorm (now 1), and go on from the checkpoint of step ${steps}.\n`,
    );
    // Validated after every step, the run would save what is no good already.
    const often = [...more, '--set', 'training.validateEvery={steps: 1}'];
    expect(failed(await run(train('broken', ...often)))).toMatch(
      /^heed: validation loss NaN after step 301; expected/,
    );
    expect(await lastStep('broken')).toBe(steps);
    const after = await outcome('broken');
    expect({ ...after, events: after.events.slice(0, before.events.length) }).toEqual(before);
    await good(['predict', 'broken', 'abc', '--threads', '1']);
    await good(train('broken', '--resume', '--set', 'training.maxSteps=310'));
    expect(await lastStep('broken')).toBe(310);
  });

  it('in the first steps: nothing to go on from', async () => {
    expect(failed(await run(train('hopeless', ...absurd)))).toBe(
      'heed: loss NaN at step 2 (epoch 1, batch 2 of 10); expected a finite number. ' +
        'Lower the learning rate (now 1e+38) or lower clipNorm (now 1), and start again.\n',
    );
  });
});
