import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import {
  constant,
  cosine,
  halving,
  noPlateau,
  observePlateau,
  type Schedule,
  warmup,
  warmupInverseSquareRoot,
} from '../../src/training/schedules.ts';
import { nothingSeen, observe } from '../../src/training/stopping.ts';

/** The rates of some steps, all in the first epoch. */
const at = (schedule: Schedule, steps: number[]) => steps.map((step) => schedule(step, 1));
const close = (values: number[]) => values.map((value) => expect.closeTo(value, 12));

describe('schedules', () => {
  it('constant is constant', () => {
    expect(at(constant(0.3), [1, 10, 1e6])).toEqual([0.3, 0.3, 0.3]);
  });

  it('warm-up multiplies another schedule by a line up to 1', () => {
    expect(at(warmup(constant(0.8), 4), [1, 2, 3, 4, 5, 99])).toEqual(close([0.2, 0.4, 0.6, 0.8, 0.8, 0.8]));
    const halved = warmup(halving(1, { unit: 'epochs', after: 1, every: 1 }), 10);
    expect([halved(5, 1), halved(10, 2), halved(20, 3)]).toEqual([0.5, 0.5, 0.25]);
  });

  it('cosine falls to the final rate at its last step, slowly at either end', () => {
    // cos(π/4) = 0.7071067811865476, cos(π/3) = 0.5
    const rate = cosine(1, 1200);
    expect(at(rate, [300, 400, 600, 800, 900, 1200, 5000])).toEqual(
      close([0.8535533905932737, 0.75, 0.5, 0.25, 0.14644660940672627, 0, 0]),
    );
    expect(at(cosine(0.2, 100, { final: 0.1 }), [50, 100, 101])).toEqual(close([0.15, 0.1, 0.1]));
    expect(rate(1, 1)).toBeLessThan(1);
  });

  it('cosine after a warm-up', () => {
    const rate = cosine(0.8, 1300, { warmupSteps: 100, final: 0.2 });
    expect(at(rate, [1, 50, 100, 500, 700, 900, 1300])).toEqual(
      close([0.008, 0.4, 0.8, 0.65, 0.5, 0.35, 0.2]),
    );
    expect(() => cosine(1, 100, { warmupSteps: 100 })).toThrow(UsageError);
    expect(() => cosine(1, 100, { warmupSteps: 100 })).toThrow(
      'a cosine schedule of 100 steps, 100 of them to warm up; expected fewer',
    );
  });

  it("halving is Luong et al.'s: SGD at 1, halved every epoch after the eighth of twelve", () => {
    const rate = halving(1, { unit: 'epochs', after: 8, every: 1 });
    const epochs = Array.from({ length: 12 }, (_, i) => rate(1000 * i + 1, i + 1));
    expect(epochs).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0.5, 0.25, 0.125, 0.0625]);
  });

  it('halving by steps, by another factor, every so many', () => {
    const rate = halving(2, { unit: 'steps', after: 100, every: 50, factor: 0.1 });
    expect(at(rate, [1, 100, 101, 150, 151, 200, 201])).toEqual(close([2, 2, 0.2, 0.2, 0.02, 0.02, 0.002]));
  });

  it('warm-up rises linearly to the peak and falls with the inverse square root', () => {
    const rate = warmupInverseSquareRoot(0.8, 100);
    expect(rate(1, 1)).toBeCloseTo(0.008);
    expect(rate(50, 1)).toBeCloseTo(0.4);
    expect(rate(100, 1)).toBe(0.8);
    expect(rate(400, 1)).toBeCloseTo(0.4);
    expect(rate(10_000, 1)).toBeCloseTo(0.08);
  });

  it("is Vaswani et al.'s equation 3 at their peak", () => {
    const [dModel, warmup] = [512, 4000];
    const rate = warmupInverseSquareRoot(1 / Math.sqrt(dModel * warmup), warmup);
    for (const step of [1, 100, 4000, 5000, 100_000]) {
      const theirs = dModel ** -0.5 * Math.min(step ** -0.5, step * warmup ** -1.5);
      expect(rate(step, 1)).toBeCloseTo(theirs, 12);
    }
  });

  it('plateau lowers the rate after `patience` validations without improvement, again and again', () => {
    let state = noPlateau;
    const scales = [5, 4, 4, 4.5, 3, 3, 3, 3, 3].map((loss, i) => {
      state = observePlateau({ factor: 0.5, patience: 2 }, state, 'min', loss, i + 1);
      return state.scale;
    });
    expect(scales).toEqual([1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125]);
  });
});

describe('observe', () => {
  const over = (mode: 'min' | 'max', values: number[]) => {
    let watch = nothingSeen;
    return values.map((value, i) => {
      watch = observe(watch, mode, value, i + 1);
      return [watch.best, watch.bestStep, watch.waited];
    });
  };

  it('keeps the best and counts what is no better', () => {
    expect(over('min', [3, 3, 2, 5])).toEqual([
      [3, 1, 0],
      [3, 1, 1],
      [2, 3, 0],
      [2, 3, 1],
    ]);
    expect(over('max', [0, -1, 0.5, 0.5])).toEqual([
      [0, 1, 0],
      [0, 1, 1],
      [0.5, 3, 0],
      [0.5, 3, 1],
    ]);
  });

  it('never takes what is not finite for an improvement', () => {
    expect(over('min', [NaN, -Infinity, 2, NaN])).toEqual([
      [null, 0, 1],
      [null, 0, 2],
      [2, 3, 0],
      [2, 3, 1],
    ]);
  });

  it('survives JSON', () => {
    const watch = observe(nothingSeen, 'max', 0.1 + 0.2, 7);
    expect(JSON.parse(JSON.stringify(watch))).toEqual(watch);
  });
});
