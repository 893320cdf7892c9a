import { readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { type Command, Option } from 'commander';
import { firstInvalidUtf8 } from '../data/corpus.ts';
import { UsageError } from '../errors.ts';
import { writeFileAtomic } from '../formats/atomic.node.ts';
import { applySettings, parseRecipe, type Recipe } from '../formats/index.ts';
import { type Backend, openRuntime } from '../runtime/index.ts';
import { layoutOf } from '../tasks/layouts.ts';
import type { SavedTraining } from '../tasks/training.ts';
import type { AveragedEvent, DoneEvent } from '../training/index.ts';
import { addRuntimeOptions, log, type RuntimeFlags } from './console.ts';
import { prepareRun } from './doors.ts';
import { type Listener, metricsFile, metricsLine, progressBar, tensorBoardFile } from './progress.ts';
import { MATERIAL } from './report/history.ts';
import { REPORT, reportFile, writeReport } from './report/listener.ts';
import {
  createRun,
  inspectDirectory,
  loadTraining,
  meanOfCheckpoints,
  readRun,
  removeRun,
  saveMean,
  saveTraining,
} from './runDirectory.ts';
import { checkSameModel } from './sameModel.ts';

interface TrainOptions extends RuntimeFlags {
  readonly out?: string;
  readonly set: readonly string[];
  readonly resume?: boolean;
  readonly force?: boolean;
}

/** `heed train`: exit code 0, or 130 when interrupted (with a checkpoint saved). */
export function registerTrain(program: Command): void {
  const command = program
    .command('train')
    .argument('<recipe>', 'a recipe file, see recipes/')
    .description('train a recipe into a run directory')
    .option('--out <dir>', 'run directory (default: runs/NAME of the recipe)')
    .option('--set <path=value>', 'change a value of the recipe', (v, all: string[]) => [...all, v], [])
    .option('--resume', 'go on with the run in the directory')
    .addOption(new Option('--force', 'delete the run in the directory and start over').conflicts('resume'));
  addRuntimeOptions(command)
    .addHelpText('after', '\nExample:\n  heed train recipes/multi30k-de-en.yaml --set training.epochs=5')
    .action(async (recipePath: string, options: TrainOptions) => {
      const text = await readRecipe(recipePath);
      const recipeText = applySettings(text, options.set, recipePath);
      const directory = options.out ?? join('runs', basename(recipePath, extname(recipePath)));
      const backend = await openRuntime({ ...options, onFallback: log });
      const { done } = await trainRun({ recipeText, recipePath, directory, backend, ...options });
      if (done.reason === 'aborted') {
        log('saved; the same command with --resume goes on from here');
        process.exitCode = 130;
      }
    });
}

async function readRecipe(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `recipe ${path}, which cannot be read (${error.code})`,
      'a recipe file',
      'See recipes/ for some.',
    );
  });
  const invalid = firstInvalidUtf8(bytes);
  if (invalid >= 0) {
    throw new UsageError(
      `recipe ${path}, which holds an invalid UTF-8 sequence at byte ${invalid}`,
      'text in UTF-8',
      'Save it as UTF-8.',
    );
  }
  const text = bytes.toString('utf8');
  if (text.trim() !== '') return text;
  throw new UsageError(`recipe ${path}, which is empty`, 'a recipe file', 'See recipes/ for some.');
}

export interface RunRequest {
  readonly recipeText: string;
  readonly recipePath: string;
  readonly directory: string;
  readonly backend: Backend;
  readonly resume?: boolean;
  readonly force?: boolean;
  /** told of every event, after the files and the progress bar */
  readonly listeners?: readonly Listener[];
}

/** Trains into a run directory, listeners attached, and evaluates on the test data at the end. */
export async function trainRun(request: RunRequest): Promise<{ done: DoneEvent; recipe: Recipe }> {
  const { directory, recipeText, backend } = request;
  const recipe = parseRecipe(recipeText, request.recipePath);
  const found = await inspectDirectory(directory);
  await checkDirectory(request, found);
  const before = request.resume ? await readRun(directory) : undefined;
  if (before) checkSameModel(recipe, before.recipe);
  const prepared = await prepareRun(recipe, before);
  const { content } = prepared;
  const saved: SavedTraining | undefined = before && (await loadTraining(directory, content));
  const interrupt = new AbortController();
  let written = false;
  const onSignal = () => {
    // Before there is a run there is nothing to save.
    if (!written || interrupt.signal.aborted) process.exit(130);
    log('heed: interrupted; finishing this step and saving (again to stop at once)');
    interrupt.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const stopListening = () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
  const asked = prepared.train(backend, {
    resume: saved,
    signal: interrupt.signal,
    meanOfCheckpoints: (steps) => meanOfCheckpoints(directory, layoutOf(content), steps),
  });
  const training = await asked.catch((error) => {
    stopListening();
    throw error;
  });
  const { program, optimizer, stepsPerEpoch, plannedSteps } = training;
  written = true;
  // Only now: whatever is wrong with recipe or data has been found, and nothing was touched.
  if (request.resume) {
    // Decoding may have changed, and with it what is kept for it.
    for (const [name, content] of Object.entries(prepared.files ?? {})) {
      await writeFileAtomic(join(directory, name), content);
    }
    await writeFileAtomic(join(directory, 'recipe.yaml'), recipeText);
  } else {
    if (found === 'run') await removeRun(directory);
    await createRun(directory, recipeText, content.codecs, prepared.files);
  }
  log(
    `${recipe.model.type}: ${program.parameters.length.toLocaleString('en')} parameters, ${training.size}, ` +
      `${stepsPerEpoch} steps an epoch, on ${backend.name}`,
  );
  for (const remark of training.remarks) log(remark);
  if (saved) log(`resuming after step ${saved.state.step}`);
  else if (request.resume) log('stopped before its first checkpoint: starting at the beginning');
  const { material } = training;
  if (material) await writeFileAtomic(join(directory, MATERIAL), `${JSON.stringify(material)}\n`);
  const told = { directory, content, recipeText };
  log(`report, written as it trains: ${join(directory, REPORT)}`);
  const { maxMinutes, keepCheckpoints } = recipe.training;
  let elapsed = saved?.state.elapsedSeconds ?? 0;
  const listeners = [
    await metricsFile(directory, saved?.state.step),
    await tensorBoardFile(directory),
    await reportFile(told, saved !== undefined),
    progressBar({
      steps: plannedSteps,
      seconds: maxMinutes && 60 * maxMinutes,
      startSeconds: elapsed,
    }),
    ...(request.listeners ?? []),
  ];
  let done: DoneEvent | undefined;
  let averaged: AveragedEvent | undefined;
  try {
    for await (const event of training.events) {
      // Listeners first: metrics.jsonl may be ahead of the last checkpoint, which resuming mends, but never behind.
      for (const listener of listeners) await listener.handle(event);
      if (event.type === 'checkpoint') {
        const { layout, parameters } = program;
        const content = { layout, parameters, optimizer, state: event.state };
        const keepSteps = event.state.toAverage?.map(({ step }) => step);
        const { isBest } = event;
        await saveTraining(directory, event.step, content, { isBest, keep: keepCheckpoints, keepSteps });
        elapsed = event.state.elapsedSeconds;
      } else if (event.type === 'averaged') {
        averaged = event;
        const { layout, parameters } = program;
        const state = { averaged: event.steps, metrics: event.metrics };
        if (event.improved) await saveMean(directory, event.step, { layout, parameters, state });
      } else if (event.type === 'done') done = event;
    }
  } finally {
    // On a full disk closing fails too; that must not hide why training ended.
    await Promise.allSettled(listeners.map(async (listener) => listener.close()));
    await program.dispose();
    stopListening();
  }
  if (done === undefined) throw new Error('training ended without saying so');
  if (averaged) {
    const { steps, metrics, improved } = averaged;
    const used = improved ? '(used)' : '(not better, not used)';
    log(`mean of the checkpoints of steps ${steps.join(', ')}: ${metricsLine(metrics)}  ${used}`);
  }
  if (done.reason !== 'aborted') {
    if (prepared.test) {
      await prepared.test(directory, backend, { trainingSeconds: elapsed, backend: backend.name });
      await writeReport(told);
    }
  }
  log(`run directory: ${directory}`);
  return { done, recipe };
}

async function checkDirectory({ directory, resume, force }: RunRequest, found: 'empty' | 'run' | 'foreign') {
  if (resume && found !== 'run') {
    throw new UsageError(
      `--resume, but ${directory} holds no run`,
      'the directory of a run',
      'Check --out, or leave --resume out.',
    );
  }
  if (found === 'empty' || resume) return;
  if (found === 'run' && force) return;
  throw new UsageError(
    `${directory}, which exists${found === 'foreign' ? ' and is not a run' : ''}`,
    'a new directory',
    found === 'foreign'
      ? 'Choose another with --out.'
      : 'Go on with --resume, start over with --force (deletes it), or choose another with --out.',
  );
}
