import type { ComponentChildren } from 'preact';
import type { ModelInfo } from '../calls.ts';
import { Colours, largest, Strip } from '../parts/strip.tsx';
import { figure, percent, showing } from '../tokens.ts';
import type { Session } from './translateState.ts';

/** One step of the decoder with its real numbers, and the handles by which it can be steered. */
export function Steps({
  session,
  attends,
  subwords,
}: {
  session: Session;
  attends: boolean;
  subwords?: ModelInfo['subwords'];
}) {
  const [shownSource, shown] = [showing(subwords?.source), showing(subwords?.target)];
  const { steps, selected, source } = session;
  const at = selected.value ?? 0;
  const step = steps.value[at];
  const last = steps.value.length - 1;
  const go = (to: number) => {
    if (to >= 0 && to <= last) selected.value = to;
  };
  const onKey = (event: KeyboardEvent) => {
    if ((event.target as HTMLElement).tagName === 'INPUT') return;
    if (event.key === 'ArrowRight') go(at + 1);
    else if (event.key === 'ArrowLeft') go(at - 1);
    else return;
    event.preventDefault();
  };
  if (step === undefined) return <div class="steps" />;
  const before = at === 0 ? '⟨s⟩' : shown(steps.value[at - 1].token);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys are a short cut for its two buttons
    <div class="steps" onKeyDown={onKey}>
      <header>
        <button type="button" onClick={() => go(at - 1)} disabled={at === 0} aria-label="Step before">
          ←
        </button>
        <h2>
          Step {at + 1} of {last + 1}: <b>{shown(step.token)}</b>
        </h2>
        <button type="button" onClick={() => go(at + 1)} disabled={at === last} aria-label="Next step">
          →
        </button>
      </header>
      {attends && <Switches session={session} />}
      <ol>
        <Part
          title="State before"
          equation={
            <>
              s<sub>{at}</sub>, after “{before}”
            </>
          }
        >
          <Strip values={step.state} label="State of the decoder before the step" />
        </Part>
        {attends && step.weights && (
          <Part
            title="Energies and weights"
            equation={
              <>
                e<sub>ij</sub> = v<sub>a</sub>ᵀ tanh(W<sub>a</sub> s<sub>i−1</sub> + U<sub>a</sub> h
                <sub>j</sub>), &nbsp; α<sub>ij</sub> = exp(e<sub>ij</sub>) / Σ<sub>k</sub> exp(e<sub>ik</sub>)
              </>
            }
          >
            <p class="hint">Drag a weight, or pin it: what comes after is written again from here.</p>
            <table class="weights">
              <thead>
                <tr>
                  <th scope="col">source</th>
                  <th scope="col">energy</th>
                  <th scope="col">weight</th>
                  <th scope="col">
                    <span class="hidden">pin</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {source.value.map((token, j) => {
                  const weight = step.weights?.[j] ?? 0;
                  return (
                    <tr key={j}>
                      <th scope="row">{shownSource(token)}</th>
                      <td class="number">{step.energies ? figure(step.energies[j], 2) : '–'}</td>
                      <td>
                        <span class="slider">
                          <input
                            type="range"
                            min={0}
                            max={1}
                            step={0.01}
                            value={weight}
                            aria-label={`Weight of ${shownSource(token)}`}
                            onChange={(event) =>
                              session.override(
                                at,
                                reweighted(step.weights ?? [], j, Number(event.currentTarget.value)),
                              )
                            }
                          />
                          <output>{figure(weight)}</output>
                        </span>
                      </td>
                      <td>
                        <button
                          type="button"
                          class="small"
                          aria-label={`Pin attention to ${shownSource(token)}`}
                          onClick={() =>
                            session.override(
                              at,
                              source.value.map((_, k) => (k === j ? 1 : 0)),
                            )
                          }
                        >
                          pin
                        </button>
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
            {session.overrides.value[at] !== undefined && (
              <button type="button" class="small" onClick={() => session.override(at, undefined)}>
                Let the model attend again
              </button>
            )}
          </Part>
        )}
        {attends && step.weighted && step.weights && (
          <Part
            title="Weighted states"
            equation={
              <>
                α<sub>ij</sub> h<sub>j</sub>, h<sub>j</sub> of the encoder’s two directions; all on one scale
              </>
            }
          >
            <Weighted tokens={source.value.map(shownSource)} weights={step.weights} states={step.weighted} />
          </Part>
        )}
        {attends && step.context && (
          <Part
            title="Context"
            equation={
              <>
                c<sub>i</sub> = Σ<sub>j</sub> α<sub>ij</sub> h<sub>j</sub>
              </>
            }
          >
            <Strip values={step.context} label="Context vector" />
          </Part>
        )}
        <Part
          title="Next word"
          equation={
            <>
              p(y<sub>i</sub> | y<sub>1</sub> … y<sub>i−1</sub>, x) = g(y<sub>i−1</sub>, s<sub>i−1</sub>, c
              <sub>i</sub>)
            </>
          }
        >
          <p class="hint">Choose another word, and the sentence goes on from it.</p>
          <ul class="top">
            {step.top.map(({ token, id, probability }) => (
              <li key={id}>
                <button type="button" aria-pressed={id === step.id} onClick={() => session.force(at, id)}>
                  <span class="bar" style={{ '--share': probability }} />
                  <span class="word">{shown(token)}</span>
                  <span class="number">{percent(probability)}</span>
                </button>
              </li>
            ))}
          </ul>
        </Part>
      </ol>
    </div>
  );
}

/** Of so many at most: what weighs little cannot be seen. */
const MOST_STATES = 5;

/** The states that go into the context, the heaviest first. */
function Weighted({
  tokens,
  weights,
  states,
}: {
  tokens: readonly string[];
  weights: readonly number[];
  states: readonly Float32Array[];
}) {
  const order = weights.map((_, j) => j).sort((a, b) => weights[b] - weights[a]);
  const shownFirst = order.slice(0, MOST_STATES);
  const scale = Math.max(...states.map(largest));
  return (
    <ul class="weighted">
      {shownFirst.map((j) => (
        <li key={j}>
          <span>
            {tokens[j]} <span class="number">{figure(weights[j])}</span>
          </span>
          <Colours values={states[j]} scale={scale} label={`State of ${tokens[j]}, weighted`} />
        </li>
      ))}
      {order.length > MOST_STATES && <li class="hint">and {order.length - MOST_STATES} lighter ones</li>}
    </ul>
  );
}

function Part({
  title,
  equation,
  children,
}: {
  title: string;
  equation: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <li>
      <h3>{title}</h3>
      <p class="equation">{equation}</p>
      {children}
    </li>
  );
}

const MODES = [
  ['own', 'its own'],
  ['uniform', 'uniform'],
  ['none', 'none'],
] as const;

function Switches({ session }: { session: Session }) {
  return (
    <fieldset class="switches">
      <legend>Attention</legend>
      {MODES.map(([mode, name]) => (
        <label key={mode}>
          <input
            type="radio"
            name="attention"
            checked={session.attention.value === mode}
            onChange={() => session.attendWith(mode)}
          />
          {name}
        </label>
      ))}
      {session.steered.value && (
        <button type="button" class="small" onClick={() => session.release()}>
          Undo all steering
        </button>
      )}
    </fieldset>
  );
}

/** One weight set by hand; the others keep their proportions, so that all sum to 1. */
export function reweighted(weights: readonly number[], j: number, value: number): number[] {
  const others = weights.reduce((sum, weight, k) => (k === j ? sum : sum + weight), 0);
  const count = weights.length - 1;
  return weights.map((weight, k) => {
    if (k === j) return count === 0 ? 1 : value;
    return others > 1e-9 ? (weight / others) * (1 - value) : (1 - value) / count;
  });
}
