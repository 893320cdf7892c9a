import {
  buildCodecs,
  buildModel,
  type Codecs,
  generateDates,
  holdOut,
  type Pair,
  parseTsv,
  type Training,
  type TrainingEvent,
  type TranslationRecipe,
  Translator,
  trainTranslation,
} from 'heed';
import type { PageCalls, TrainEvent, TrainRequest } from '../calls.ts';
import type { CallContext } from '../rpc.ts';
import { backend } from './place.ts';
import { pageRecipe } from './recipe.ts';

/** A training of this page, as it stands. */
export interface PageTraining {
  readonly recipe: TranslationRecipe;
  readonly codecs: Codecs;
  readonly training: Training;
  learningRate: number;
  sentence: string;
  paused: boolean;
  wake?: () => void;
}

let current: PageTraining | undefined;
export const currentTraining = (): PageTraining | undefined => current;

const DATE_PAIRS = 30_000;
/** of a file; fewer where it is small */
const VALIDATION = 200;
const FEWEST_PAIRS = 20;
/** seconds between two looks at the fixed sentence */
const LOOK_EVERY = 1.5;
/** times as long as a look takes are trained before the next */
const TRAIN_BETWEEN = 6;

/** Trains until it is told to stop; what it says meanwhile are events. */
export async function train(
  request: TrainRequest,
  { emit, signal }: CallContext<TrainEvent>,
): Promise<{ steps: number; trained: PageTraining }> {
  const { recipe, data } = prepare(request);
  const codecs = buildCodecs(recipe, data.train);
  const here: Omit<PageTraining, 'training'> = {
    recipe,
    codecs,
    learningRate: request.learningRate,
    sentence: request.sentence ?? firstLatin(data.validation).source,
    paused: false,
  };
  const training = await trainTranslation(recipe, data, codecs, await backend(), {
    signal,
    learningRate: () => (current ?? here).learningRate,
  });
  await current?.training.program.dispose();
  const trained: PageTraining = { ...here, training };
  current = trained;
  emit({
    type: 'begun',
    parameters: training.program.parameters.length,
    pairs: training.pairs.used,
    stepsPerEpoch: training.stepsPerEpoch,
    sentence: trained.sentence,
  });
  let steps = 0;
  let nextLook = 0;
  for await (const event of training.events) {
    tell(event, emit);
    if (event.type === 'step') steps = event.step;
    if (event.type === 'step' && performance.now() > nextLook) {
      const began = performance.now();
      emit({ type: 'map', step: event.step, ...(await look(trained)) });
      const took = performance.now() - began;
      nextLook = performance.now() + Math.max(1000 * LOOK_EVERY, took * TRAIN_BETWEEN);
    }
    await turn();
    while (trained.paused && !signal.aborted) {
      await new Promise<void>((resume) => {
        trained.wake = resume;
        signal.addEventListener('abort', () => resume(), { once: true });
      });
    }
  }
  if (steps > 0) emit({ type: 'map', step: steps, ...(await look(trained)) });
  return { steps, trained };
}

function tell(event: TrainingEvent, emit: CallContext<TrainEvent>['emit']): void {
  if (event.type === 'step') {
    const { step, loss, tokensPerSecond, learningRate } = event;
    emit({ type: 'step', step, loss, tokensPerSecond, learningRate });
  } else if (event.type === 'validation') {
    emit({ type: 'validation', step: event.step, metrics: event.metrics });
  }
}

/** What the weights of now make of the fixed sentence: they are compiled into the program, so it is a new one each time. */
async function look({ recipe, codecs, training, sentence }: PageTraining) {
  const translator = new Translator(buildModel(recipe, codecs), training.program, codecs, await backend());
  const [[found]] = await translator
    .translate([sentence], { beam: 1, maxLength: 40 })
    .finally(() => translator.dispose());
  return {
    source: found.sourceTokens,
    target: [...found.tokens, ...(found.finished ? ['</s>'] : [])],
    weights: (found.attention ?? []).map((row) => Array.from(row)),
  };
}

/** Lets messages in: a pause, another learning rate, a question. */
const turn = () => new Promise<void>((done) => setTimeout(done, 0));

export function steer({ learningRate, pause, sentence }: PageCalls['steer']['argument']): void {
  if (current === undefined) return;
  if (learningRate !== undefined) current.learningRate = learningRate;
  if (sentence !== undefined && sentence.trim() !== '') current.sentence = sentence;
  if (pause !== undefined) {
    current.paused = pause;
    if (!pause) current.wake?.();
  }
}

/** Most who look on read Latin letters; where no pair is written in them, the first. */
const firstLatin = (pairs: readonly Pair[]): Pair =>
  pairs.find(({ source }) => /\p{Script=Latin}{3}/u.test(source) && LATIN.test(source)) ?? pairs[0];

const LATIN = /^[\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]+$/u;

function prepare(request: TrainRequest): {
  recipe: TranslationRecipe;
  data: { train: Pair[]; validation: Pair[] };
} {
  const { data } = request;
  if (data === 'dates') {
    const recipe = pageRecipe(request, { train: { generated: 'dates', count: DATE_PAIRS } });
    const pairs = generateDates({ seed: recipe.seed, count: DATE_PAIRS, validation: VALIDATION, test: 1 });
    return { recipe: watched(recipe, { steps: 100 }), data: pairs };
  }
  const pairs = parseTsv(new TextEncoder().encode(data.text), data.name);
  if (pairs.length < FEWEST_PAIRS) {
    throw new Error(
      `${data.name}: ${pairs.length} ${pairs.length === 1 ? 'pair' : 'pairs'}; expected at least ${FEWEST_PAIRS}. Each line is a pair, source TAB target.`,
    );
  }
  const { train, validation } = holdOut(
    pairs,
    { validation: Math.min(VALIDATION, Math.ceil(pairs.length / 10)) },
    data.name,
  );
  // Long texts are read and written by words, short ones by characters.
  const length =
    pairs.reduce((sum, { source, target }) => sum + source.length + target.length, 0) / pairs.length;
  const recipe = pageRecipe(request, {
    train: { tsv: data.name },
    tokens: length > 80 ? 'word' : 'character',
    lowercase: false,
  });
  return { recipe: watched(recipe, { epochs: 1 }), data: { train, validation } };
}

/** With what only this page needs: it trains until it is stopped, and looks at validation pairs meanwhile. */
const watched = (
  recipe: TranslationRecipe,
  validateEvery: TranslationRecipe['training']['validateEvery'],
): TranslationRecipe => ({
  ...recipe,
  training: { ...recipe.training, validateEvery, stop: { metric: 'loss', patience: 1_000_000 } },
});

/** The recipe without that, as it goes into a file. */
export const unwatched = (recipe: TranslationRecipe): TranslationRecipe => {
  const { validateEvery: _, stop: __, ...training } = recipe.training;
  return { ...recipe, training: { ...training, validateEvery: { epochs: 1 }, stop: undefined } };
};
