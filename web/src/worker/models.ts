import {
  bundleOf,
  type ContentOf,
  contentOf,
  encodeBundle,
  Observer,
  type ObserverState,
  type OpenedBundle,
  openBundle,
} from 'heed';
import type { DecodeEvent, DecodeRequest, ModelInfo, PageCalls, Step } from '../calls.ts';
import type { CallContext } from '../rpc.ts';
import { backend } from './place.ts';
import { pageRecipeText } from './recipe.ts';
import { currentTraining, type PageTraining, unwatched } from './train.ts';

type Weights = OpenedBundle['weights'];

/** A model in the worker. What it decoded last is kept, so that a change goes on from where it was made. */
interface Held {
  readonly info: ModelInfo;
  readonly bundle?: OpenedBundle;
  readonly observer?: Observer;
  trace?: { text: string; source: readonly string[]; unknown: readonly string[]; states: ObserverState[] };
}

const held = new Map<number, Held>();

export async function openModel(argument: PageCalls['open']['argument']): Promise<ModelInfo> {
  const bytes = 'bytes' in argument ? argument.bytes : await fetchBytes(argument.url);
  const bundle = await openBundle(bytes, await backend(), { name: argument.name, schema: RECIPE_SCHEMA });
  const { content, weights, about } = bundle;
  return keep(argument.name, { content, weights, bundle, bytes: bytes.length, licence: about.licence });
}

async function fetchBytes(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The model could not be loaded (${response.status}). Reload the page.`);
  return new Uint8Array(await response.arrayBuffer());
}

async function keep(
  name: string,
  model: Pick<OpenedBundle, 'content' | 'weights'> & {
    bundle?: OpenedBundle;
    bytes: number;
    licence?: string;
  },
): Promise<ModelInfo> {
  const { content, weights, bundle, bytes, licence } = model;
  const observer =
    content.task === 'translation' ? new Observer(content, weights, await backend()) : undefined;
  const info: ModelInfo = {
    id: held.size + 1,
    name,
    task: content.task,
    type: content.recipe.model.type,
    attends: content.recipe.model.type !== 'rnnenc' && content.recipe.model.type !== 'ctc',
    parameters: weights.parameters.length,
    bytes,
    licence,
    characters: content.task === 'translation' && content.recipe.source.tokens === 'character',
  };
  held.set(info.id, { info, bundle, observer });
  return info;
}

export function modelOf(id: number): Held {
  const found = held.get(id);
  if (found === undefined) throw new Error('This model is not open any more. Choose it again.');
  return found;
}

/** Reads the text and writes its translation step by step, steered where somebody steers. */
export async function decode(
  request: DecodeRequest,
  { emit, signal }: CallContext<DecodeEvent>,
): Promise<PageCalls['decode']['result']> {
  const model = modelOf(request.model);
  const { observer } = model;
  if (observer === undefined) throw new Error(`${model.info.name} does not translate text.`);
  const began = performance.now();
  const { text, from = 0, overrides = {}, forced = {}, attention = 'own' } = request;
  if (model.trace?.text !== text || from >= model.trace.states.length) {
    const { tokens, ids, state } = await observer.begin(text);
    const unknown = tokens.filter((_, i) => ids[i] === UNKNOWN);
    model.trace = { text, source: tokens, unknown, states: [state] };
  }
  const { trace } = model;
  emit({ type: 'source', tokens: trace.source, unknown: trace.unknown });
  trace.states.length = Math.min(from, trace.states.length - 1) + 1;
  for (let at = trace.states.length - 1; at < MOST_STEPS && !trace.states[at].finished; at++) {
    if (signal.aborted) break;
    const override = overrides[at] ?? (attention === 'own' ? undefined : attention);
    const found = await observer.step(trace.states[at], {
      token: forced[at],
      ...(model.info.attends &&
        override !== undefined && {
          attention: typeof override === 'string' ? override : Float32Array.from(override),
        }),
    });
    const step: Step = {
      token: found.said.token,
      id: found.said.id,
      probability: found.said.probability,
      forced: forced[at] !== undefined,
      weights: found.weights && Array.from(found.weights),
      energies: found.energies?.length === 1 ? Array.from(found.energies[0]) : undefined,
      override: overrides[at],
      state: found.query ?? Object.values(found.previousState)[0],
      weighted: found.weighted,
      context: found.context,
      top: found.top.map(({ token, id, probability }) => ({ token, id, probability })),
    };
    trace.states[at + 1] = found.next;
    emit({ type: 'step', at, step });
    // Another question may have come meanwhile.
    await new Promise<void>((done) => setTimeout(done, 0));
  }
  const end = trace.states[trace.states.length - 1];
  return { text: observer.text(end), finished: end.finished, milliseconds: performance.now() - began };
}

const MOST_STEPS = 120;
const UNKNOWN = 1;

const trainedContent = ({ recipe, codecs }: PageTraining): ContentOf<'translation'> =>
  contentOf(unwatched(recipe), codecs) as ContentOf<'translation'>;

/** A model as it was trained here, with weights of its own: the training may go on. */
export function keepTrained(trained: PageTraining, steps: number): Promise<ModelInfo> {
  const { layout, parameters } = trained.training.program;
  const weights: Weights = { layout, parameters: parameters.slice() };
  const data = trained.recipe.data.train;
  const name = `${'tsv' in data ? data.tsv : 'dates'}, trained here (${steps} steps)`;
  return keep(name, { content: trainedContent(trained), weights, bytes: 0 });
}

export async function bundleOfTraining(argument: PageCalls['bundle']['argument']): Promise<Uint8Array> {
  if ('model' in argument) {
    throw new Error('Only a model that was trained in this page can be downloaded.');
  }
  const trained = currentTraining();
  if (trained === undefined) throw new Error('Nothing was trained yet. Train first.');
  const { layout, parameters } = trained.training.program;
  const about = { madeWith: 'the Heed playground' };
  const content = trainedContent(trained);
  const recipeText = pageRecipeText(content.recipe);
  return encodeBundle(
    bundleOf(content, layout, parameters.slice(), { about, recipeText, schema: RECIPE_SCHEMA }),
  );
}
