import { Observer, type ObserverState } from 'heed';
import type { DecodeEvent, DecodeRequest, PageCalls, Step } from '../calls.ts';
import type { CallContext } from '../rpc.ts';
import { modelOf } from './models.ts';
import { backend } from './place.ts';

/** What a model decoded last is kept, so that a change goes on from where it was made. */
interface Observed {
  readonly observer: Observer;
  trace?: { text: string; source: readonly string[]; unknown: readonly string[]; states: ObserverState[] };
}

const observed = new Map<number, Observed>();

async function observedOf(id: number): Promise<Observed> {
  const known = observed.get(id);
  if (known) return known;
  const { info, model } = modelOf(id);
  const { content, weights } = model;
  if (content.task !== 'translation') throw new Error(`${info.name} does not translate text.`);
  const found = { observer: new Observer(content, weights, await backend()) };
  observed.set(id, found);
  return found;
}

const MOST_STEPS = 120;
const UNKNOWN = 1;

/** Reads the text and writes its translation step by step, steered where somebody steers. */
export async function decode(
  request: DecodeRequest,
  { emit, signal }: CallContext<DecodeEvent>,
): Promise<PageCalls['decode']['result']> {
  const { info } = modelOf(request.model);
  const model = await observedOf(request.model);
  const { observer } = model;
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
      ...(info.attends &&
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
