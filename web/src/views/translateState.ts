import { batch, computed, signal } from '@preact/signals';
import type { Override, Step } from '../calls.ts';
import { call } from '../engine.ts';

/** A sentence being translated, step by step, with what somebody changed on the way. */
export class Session {
  readonly text = signal('');
  readonly model = signal<number | undefined>(undefined);
  readonly source = signal<readonly string[]>([]);
  readonly unknown = signal<readonly string[]>([]);
  readonly steps = signal<readonly Step[]>([]);
  readonly selected = signal<number | undefined>(undefined);
  readonly attention = signal<'own' | 'uniform' | 'none'>('own');
  readonly overrides = signal<Readonly<Record<number, Override>>>({});
  readonly forced = signal<Readonly<Record<number, number>>>({});
  readonly result = signal<{ text: string; finished: boolean; milliseconds: number } | undefined>(undefined);
  readonly busy = signal(false);
  readonly problem = signal<string | undefined>(undefined);
  readonly steered = computed(
    () =>
      this.attention.value !== 'own' ||
      Object.keys(this.overrides.value).length > 0 ||
      Object.keys(this.forced.value).length > 0,
  );
  private running: AbortController | undefined;

  /** Translates anew, nothing changed by hand. */
  begin(model: number, text: string): Promise<void> {
    batch(() => {
      this.model.value = model;
      this.text.value = text;
      this.source.value = [];
      this.steps.value = [];
      this.overrides.value = {};
      this.forced.value = {};
      this.selected.value = undefined;
    });
    return this.run(0);
  }

  /** What the decoder attends with at a step; what comes after it is decoded again. */
  override(at: number, override: Override | undefined): Promise<void> {
    const { [at]: _, ...others } = keysUpTo(this.overrides.value, at);
    this.overrides.value = override === undefined ? others : { ...others, [at]: override };
    this.forced.value = keysUpTo(this.forced.value, at - 1);
    return this.run(at);
  }

  /** The token written at a step. */
  force(at: number, id: number): Promise<void> {
    this.forced.value = { ...keysUpTo(this.forced.value, at - 1), [at]: id };
    this.overrides.value = keysUpTo(this.overrides.value, at);
    return this.run(at);
  }

  attendWith(attention: 'own' | 'uniform' | 'none'): Promise<void> {
    this.attention.value = attention;
    return this.run(0);
  }

  release(): Promise<void> {
    batch(() => {
      this.attention.value = 'own';
      this.overrides.value = {};
      this.forced.value = {};
    });
    return this.run(0);
  }

  private async run(from: number): Promise<void> {
    const model = this.model.value;
    if (model === undefined || this.text.value.trim() === '') return;
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    this.busy.value = true;
    this.problem.value = undefined;
    this.result.value = undefined;
    // Steps that stand are kept; the rest are written over as they come, so that the map does not jump.
    let written = from;
    try {
      const result = await call(
        'decode',
        {
          model,
          text: this.text.value,
          from,
          overrides: this.overrides.value,
          forced: this.forced.value,
          attention: this.attention.value,
        },
        {
          signal: running.signal,
          onEvent: (event) => {
            if (running.signal.aborted) return;
            if (event.type === 'source') {
              this.source.value = event.tokens;
              this.unknown.value = event.unknown;
            } else {
              written = event.at + 1;
              this.steps.value = [...this.steps.value.slice(0, event.at), event.step];
            }
          },
        },
      );
      if (running.signal.aborted) return;
      this.steps.value = this.steps.value.slice(0, written);
      this.result.value = result;
      if ((this.selected.value ?? 0) >= written) this.selected.value = Math.max(0, written - 1);
    } catch (error) {
      if (!running.signal.aborted) this.problem.value = (error as Error).message;
    } finally {
      if (this.running === running) this.busy.value = false;
    }
  }
}

const keysUpTo = <T>(values: Readonly<Record<number, T>>, last: number): Record<number, T> =>
  Object.fromEntries(Object.entries(values).filter(([key]) => Number(key) <= last));
