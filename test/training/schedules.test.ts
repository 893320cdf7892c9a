import { describe, expect, it } from 'vitest';
import {
  constant,
  noPlateau,
  observePlateau,
  warmupInverseSquareRoot,
} from '../../src/training/schedules.ts';
import { nothingSeen, observe } from '../../src/training/stopping.ts';

describe('schedules', () => {
  it('constant is constant', () => {
    expect([1, 10, 1e6].map(constant(0.3))).toEqual([0.3, 0.3, 0.3]);
  });

  it('warm-up rises linearly to the peak and falls with the inverse square root', () => {
    const rate = warmupInverseSquareRoot(0.8, 100);
    expect(rate(1)).toBeCloseTo(0.008);
    expect(rate(50)).toBeCloseTo(0.4);
    expect(rate(100)).toBe(0.8);
    expect(rate(400)).toBeCloseTo(0.4);
    expect(rate(10_000)).toBeCloseTo(0.08);
  });

  it("is Vaswani et al.'s equation 3 at their peak", () => {
    const [dModel, warmup] = [512, 4000];
    const rate = warmupInverseSquareRoot(1 / Math.sqrt(dModel * warmup), warmup);
    for (const step of [1, 100, 4000, 5000, 100_000]) {
      const theirs = dModel ** -0.5 * Math.min(step ** -0.5, step * warmup ** -1.5);
      expect(rate(step)).toBeCloseTo(theirs, 12);
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
