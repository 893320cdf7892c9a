import { describe, expect, it } from 'vitest';
import { ownWordProbability } from '../../src/training/sampling.ts';

describe('ownWordProbability', () => {
  it('decays as the paper has it', () => {
    const sigmoid = ownWordProbability({ decay: 'inverseSigmoid', k: 10 });
    expect(sigmoid(10)).toBeCloseTo(1 - 10 / (10 + Math.E), 12);
    expect(sigmoid(10 * Math.log(10))).toBeCloseTo(0.5, 12);
    expect(ownWordProbability({ decay: 'exponential', k: 0.9 })(3)).toBeCloseTo(1 - 0.729, 12);
    const linear = ownWordProbability({ decay: 'linear', steps: 100, minimum: 0.2 });
    expect([25, 50, 100, 1000].map(linear)).toEqual([0.2, 0.4, 0.8, 0.8]);
  });

  it('goes from the target to the model, never back, and stays a probability', () => {
    for (const options of [
      { decay: 'inverseSigmoid', k: 5 },
      { decay: 'exponential', k: 0.99 },
      { decay: 'linear', steps: 30 },
    ] as const) {
      const p = ownWordProbability(options);
      let before = 0;
      for (let step = 1; step < 5000; step += 7) {
        expect(p(step)).toBeGreaterThanOrEqual(before);
        before = p(step);
      }
      expect(before).toBeGreaterThan(0.99);
      expect(before).toBeLessThanOrEqual(1);
    }
  });
});
