import { batch, signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import type { TrainEvent } from '../calls.ts';
import { call } from '../engine.ts';
import { own } from '../models.ts';
import { AttentionMap } from '../parts/attentionMap.tsx';
import { Curve } from '../parts/curve.tsx';
import { Drop } from '../parts/drop.tsx';
import { figure } from '../tokens.ts';

type EventOf<T extends TrainEvent['type']> = Extract<TrainEvent, { type: T }>;

// Kept while another view is looked at: the training goes on in the worker.
const state = signal<'idle' | 'starting' | 'running' | 'paused' | 'ended'>('idle');
const begun = signal<EventOf<'begun'> | undefined>(undefined);
const losses = signal<readonly (readonly [number, number])[]>([]);
const validations = signal<readonly EventOf<'validation'>[]>([]);
const map = signal<EventOf<'map'> | undefined>(undefined);
const last = signal<EventOf<'step'> | undefined>(undefined);
const problem = signal<string | undefined>(undefined);
const file = signal<{ name: string; text: string } | undefined>(undefined);
let running: AbortController | undefined;

/** One point in so many steps: thousands of them draw slowly and look the same. */
const MOST_POINTS = 400;

function hear(event: TrainEvent): void {
  if (event.type === 'begun') {
    begun.value = event;
    state.value = 'running';
  } else if (event.type === 'step') {
    last.value = event;
    const points = [...losses.value, [event.step, event.loss] as const];
    losses.value = points.length > MOST_POINTS ? points.filter((_, i) => i % 2 === 1) : points;
  } else if (event.type === 'validation') validations.value = [...validations.value, event];
  else map.value = event;
}

async function start(request: Parameters<typeof call<'train'>>[1]): Promise<void> {
  batch(() => {
    state.value = 'starting';
    begun.value = undefined;
    losses.value = [];
    validations.value = [];
    map.value = undefined;
    last.value = undefined;
    problem.value = undefined;
  });
  running = new AbortController();
  try {
    const { model } = await call('train', request, { onEvent: hear, signal: running.signal });
    own.value = [...own.value, model];
    state.value = 'ended';
  } catch (error) {
    problem.value = (error as Error).message;
    state.value = begun.value ? 'ended' : 'idle';
  }
}

async function download(): Promise<void> {
  try {
    const bytes = await call('bundle', { training: true });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(
      new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }),
    );
    link.download = `${(file.value?.name ?? 'dates').replace(/\.[^.]*$/, '')}.heed`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  } catch (error) {
    problem.value = (error as Error).message;
  }
}

async function take(dropped: File): Promise<void> {
  problem.value = undefined;
  if (dropped.size > 50e6) {
    problem.value = `${dropped.name} has ${Math.round(dropped.size / 1e6)} MB; at most 50 MB fit a page. Take a part of it.`;
    return;
  }
  file.value = { name: dropped.name, text: await dropped.text() };
}

export function Train() {
  const [hidden, setHidden] = useState(96);
  const [exponent, setExponent] = useState(Math.log10(0.003));
  const learningRate = Number((10 ** exponent).toPrecision(2));
  const isActive = ['starting', 'running', 'paused'].includes(state.value);
  const steer = (change: Parameters<typeof call<'steer'>>[1]) => void call('steer', change);
  const pause = (stop: boolean) => {
    steer({ pause: stop });
    state.value = stop ? 'paused' : 'running';
  };
  return (
    <section>
      <div class="train">
        <div class="controls">
          <h2>Data</h2>
          <p>
            <b>{file.value?.name ?? 'Dates in 28 locales'}</b>
            {file.value ? (
              <button type="button" class="link" disabled={isActive} onClick={() => (file.value = undefined)}>
                back to dates
              </button>
            ) : (
              <span class="hint">: as people write them, to ISO 8601. Made in the page.</span>
            )}
          </p>
          <Drop
            accept=".tsv,.txt,text/tab-separated-values,text/plain"
            disabled={isActive}
            onFile={(chosen) => void take(chosen)}
          >
            Drop a file of your own here, or choose one: a line a pair, source TAB target. It stays in this
            page.
          </Drop>
          <label>
            Hidden units
            <select
              value={hidden}
              disabled={isActive}
              onChange={(event) => setHidden(Number(event.currentTarget.value))}
            >
              {[48, 96, 160, 256].map((size) => (
                <option key={size} value={size}>
                  {size}
                </option>
              ))}
            </select>
          </label>
          <label>
            Learning rate <output>{learningRate}</output>
            <input
              type="range"
              min={-4}
              max={-1.5}
              step={0.05}
              value={exponent}
              onInput={(event) => {
                const value = Number(event.currentTarget.value);
                setExponent(value);
                if (isActive) steer({ learningRate: Number((10 ** value).toPrecision(2)) });
              }}
            />
          </label>
          <p class="buttons">
            {!isActive && (
              <button
                type="button"
                class="main"
                onClick={() => start({ data: file.value ?? 'dates', learningRate, hidden })}
              >
                Train
              </button>
            )}
            {isActive && (
              <>
                <button
                  type="button"
                  class="main"
                  disabled={state.value === 'starting'}
                  onClick={() => pause(state.value === 'running')}
                >
                  {state.value === 'paused' ? 'Resume' : 'Pause'}
                </button>
                <button type="button" onClick={() => running?.abort()}>
                  Stop
                </button>
              </>
            )}
            {last.value && (
              <button type="button" onClick={download}>
                Download the model
              </button>
            )}
          </p>
          {problem.value && (
            <p class="problem" role="alert">
              {problem.value}
            </p>
          )}
          <p class="note" aria-live="polite" data-testid="training">
            {state.value === 'starting' && 'Reading the data and compiling the training step …'}
            {begun.value &&
              `${begun.value.parameters.toLocaleString('en')} parameters, ${begun.value.pairs.toLocaleString('en')} pairs, ${begun.value.stepsPerEpoch.toLocaleString('en')} steps an epoch. `}
            {last.value &&
              `Step ${last.value.step}: loss ${figure(last.value.loss)}, ${Math.round(last.value.tokensPerSecond).toLocaleString('en')} tokens a second. `}
            {state.value === 'ended' &&
              begun.value &&
              'Stopped. The model is in the list of the first page now.'}
          </p>
        </div>
        <div>
          <Curve
            label="Loss while training"
            series={[
              { name: 'training loss', points: losses.value },
              {
                name: 'validation loss',
                points: validations.value.map(({ step, metrics }) => [step, metrics.loss] as const),
                dots: true,
              },
            ]}
          />
          {validations.value.length > 0 && (
            <p class="note">
              Right of the validation pairs:{' '}
              <b>{(100 * (validations.value.at(-1)?.metrics.exactMatch ?? 0)).toFixed(1)} %</b>
            </p>
          )}
          {map.value && (
            <>
              <h2>What it makes of one sentence, after step {map.value.step}</h2>
              <p class="pair">
                <bdi>{map.value.source.slice(0, -1).join('')}</bdi> →{' '}
                <bdi data-testid="live">{text(map.value.target)}</bdi>
              </p>
              <AttentionMap
                source={map.value.source}
                target={map.value.target}
                weights={map.value.weights}
                label="Attention over the fixed sentence"
              />
            </>
          )}
        </div>
      </div>
    </section>
  );
}

const text = (tokens: readonly string[]): string => tokens.filter((token) => token !== '</s>').join('');
