/** Listeners to training events: the progress bar, metrics.jsonl, the TensorBoard file. */
import { appendFile, open, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import cliProgress from 'cli-progress';
import { cannotWrite, writeFileAtomic } from '../formats/atomic.node.ts';
import { encodeFileVersion, encodeScalar } from '../formats/index.ts';
import type { TrainingEvent } from '../training/index.ts';
import { duration, log } from './console.ts';
import { kept } from './report/history.ts';

export interface Listener {
  handle(event: TrainingEvent): Promise<void> | void;
  close(): Promise<void> | void;
}

const number = (x: number): string => (Math.abs(x) >= 100 ? x.toFixed(1) : x.toPrecision(4));

export const metricsLine = (metrics: Readonly<Record<string, number>>): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${name} ${number(value)}`)
    .join('  ');

/** A bar with loss and tokens/s on a terminal; elsewhere a line now and then. */
export function progressBar(limits: {
  readonly steps: number | undefined;
  readonly seconds: number | undefined;
  /** of the run before it was resumed */
  readonly startSeconds: number;
}): Listener {
  const terminal = process.stderr.isTTY === true;
  const begun = performance.now();
  let loss = Number.NaN;
  let rate = Number.NaN;
  let saidAt = 0;
  const bar = terminal
    ? new cliProgress.SingleBar({
        format: '{bar} {percentage}%  step {step}  loss {loss}  {rate} tokens/s  {eta_formatted}',
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
        etaBuffer: 50,
      })
    : undefined;
  const smooth = (old: number, x: number) => (Number.isNaN(old) ? x : 0.95 * old + 0.05 * x);
  const payload = (step: number) => ({ step: of(step), loss: number(loss), rate: rate.toFixed(0) });
  const of = (step: number) => (limits.steps === undefined ? `${step}` : `${step}/${limits.steps}`);
  /** whichever limit is nearer, in thousandths */
  const done = (step: number, seconds: number) =>
    1000 *
    Math.max(
      step / (limits.steps ?? Number.POSITIVE_INFINITY),
      (limits.startSeconds + seconds) / (limits.seconds ?? Number.POSITIVE_INFINITY),
    );
  const say = (line: string) => {
    // The bar draws itself again below what is said.
    if (bar) process.stderr.write('\r\x1b[K');
    log(line);
  };
  bar?.start(1000, 0, { step: '–', loss: '–', rate: '–' });
  return {
    handle(event) {
      const seconds = (performance.now() - begun) / 1000;
      if (event.type === 'step') {
        loss = smooth(loss, event.loss);
        rate = smooth(rate, event.tokensPerSecond);
        bar?.update(done(event.step, seconds), payload(event.step));
        if (!bar && seconds - saidAt >= 10) {
          saidAt = seconds;
          log(
            `step ${of(event.step)}  epoch ${event.epoch}  loss ${number(loss)}  ${rate.toFixed(0)} tokens/s  ${duration(seconds)}`,
          );
        }
      } else if (event.type === 'validation') {
        say(
          `validation at step ${event.step}: ${metricsLine(event.metrics)}${event.improved ? '  (best)' : ''}`,
        );
      } else if (event.type === 'done') {
        bar?.stop();
        const why = {
          epochs: 'all epochs',
          steps: 'all steps',
          time: 'time is up',
          patience: 'no more improvement',
          aborted: 'interrupted',
        };
        log(`stopped after step ${event.step}: ${why[event.reason]} (${duration(seconds)})`);
      }
    },
    close() {
      bar?.stop();
    },
  };
}

/** Rejects with what to do about it when a file cannot be written, as on a full disk. */
const written = <T>(path: string, writing: Promise<T>): Promise<T> =>
  writing.catch((error) => {
    throw cannotWrite(path, error, 'The checkpoints saved before are unchanged; go on with --resume.');
  });

/** One JSON object a line. On resume, what was written after the checkpoint is dropped first. */
export async function metricsFile(directory: string, resumedAt: number | undefined): Promise<Listener> {
  const path = join(directory, 'metrics.jsonl');
  if (resumedAt !== undefined) {
    const text = await readFile(path, 'utf8').catch(() => '');
    const kept = text.split('\n').filter((line) => {
      try {
        return (JSON.parse(line) as { step: number }).step <= resumedAt;
      } catch {
        return false; // an empty or half-written line
      }
    });
    await writeFileAtomic(path, kept.map((l) => `${l}\n`).join(''));
  } else await writeFileAtomic(path, '');
  let lines: string[] = [];
  const flush = async () => {
    const text = lines.join('');
    lines = []; // before it is tried: half of it may be on the disk when it fails
    if (text !== '') await written(path, appendFile(path, text));
  };
  return {
    async handle(event) {
      if (event.type === 'checkpoint') return flush();
      if (event.type === 'done') return flush();
      lines.push(`${JSON.stringify(event.type === 'validation' ? kept(event) : event)}\n`);
      if (lines.length >= 50 || event.type === 'validation') await flush();
    },
    close: flush,
  };
}

/** A TensorBoard event file beside the checkpoints. */
export async function tensorBoardFile(directory: string): Promise<Listener> {
  const now = () => Date.now() / 1000;
  const name = `events.out.tfevents.${Math.floor(now())}.${hostname()}.${process.pid}`;
  const path = join(directory, name);
  const file = await written(path, open(path, 'a'));
  const write = (bytes: Uint8Array) => written(path, file.writeFile(bytes));
  await write(encodeFileVersion(now()));
  return {
    async handle(event) {
      if (event.type === 'step') {
        const values = {
          'train/loss': event.loss,
          'train/gradientNorm': event.gradientNorm,
          'train/learningRate': event.learningRate,
        };
        for (const [tag, value] of Object.entries(values))
          await write(encodeScalar(tag, value, event.step, now()));
      } else if (event.type === 'validation') {
        for (const [tag, value] of Object.entries(event.metrics)) {
          await write(encodeScalar(`validation/${tag}`, value, event.step, now()));
        }
      }
    },
    close: () => file.close(),
  };
}
