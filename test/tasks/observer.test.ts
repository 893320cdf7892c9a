import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOS, PAD } from '../../src/data/vocabulary.ts';
import { DataError, UsageError } from '../../src/errors.ts';
import { type Backend, openRuntime } from '../../src/runtime/index.ts';
import { type Observation, Observer, type ObserverState } from '../../src/tasks/observer.ts';
import { buildModel } from '../../src/tasks/pairs.ts';
import { pinned } from '../../src/tasks/steering.ts';
import { END, Translator } from '../../src/tasks/translator.ts';
import { type Matrix, plus, softmax, tanh, times, type Vector, Weights } from '../nn/plain.ts';
import { MODELS, randomModel } from './randomModels.ts';

/** whether sentences ended, or were cut */
const endings = new Set<boolean>();
const TEXTS = ['bcd', 'a', 'hgfedcba', 'fade', 'bqb'];
let backend: Backend;
beforeAll(async () => {
  backend = await openRuntime({ threads: 1 });
});

async function all(steps: AsyncGenerator<Observation<ObserverState>>) {
  const found: Observation<ObserverState>[] = [];
  for await (const step of steps) found.push(step);
  return found;
}
const close = (vector: ArrayLike<number>, digits = 5) =>
  Array.from(vector, (x) => expect.closeTo(x, digits) as number);

for (const [name, model] of Object.entries(MODELS)) {
  describe(name, () => {
    const { content, weights } = randomModel(model);
    let observer: Observer;
    let translator: Translator;
    beforeAll(() => {
      const { recipe, codecs } = content;
      observer = new Observer(content, weights, backend);
      translator = new Translator(buildModel(recipe, codecs), weights, codecs, backend);
    });
    afterAll(async () => {
      await observer.dispose();
      await translator.dispose();
    });

    it('translates as the greedy translator does, with the same attention', async () => {
      for (const text of TEXTS) {
        const [[expected]] = await translator.translate([text], { beam: 1, maxLength: 20 });
        const { tokens, state } = await observer.begin(text);
        const steps = await all(observer.rest(state));
        const last = steps[steps.length - 1].next;
        expect(tokens).toEqual(expected.sourceTokens);
        expect(last.finished).toBe(expected.finished);
        expect(last.tokens).toEqual([...expected.tokens, ...(last.finished ? [END] : [])]);
        expect(observer.text(last)).toBe(expected.text);
        expect(last.logProb).toBeCloseTo(expected.logProb, 4);
        expect(steps.map(({ weights }) => weights && Array.from(weights))).toEqual(
          expected.attention?.map((row) => close(row)) ?? steps.map(() => undefined),
        );
        endings.add(last.finished);
      }
    });

    it('tells the ten most probable words, and says the one that is given', async () => {
      const { state } = await observer.begin('bcd');
      const found = await observer.step(state);
      const total = found.logProbs.reduce((sum, x) => sum + Math.exp(x), 0);
      expect(total).toBeCloseTo(1, 5);
      expect(found.top).toHaveLength(10);
      expect(found.said).toEqual(found.top[0]);
      const sorted = Array.from(found.logProbs).sort((a, b) => b - a);
      expect(found.top.map(({ logProb }) => logProb)).toEqual(sorted.slice(0, 10));
      for (const { id, token, probability, logProb } of found.top) {
        expect(logProb).toBe(found.logProbs[id]);
        expect(probability).toBe(Math.exp(logProb));
        expect(observer.idOf(token, state)).toBe([PAD, BOS].includes(id) ? undefined : id);
      }
      const { id } = found.top[3];
      const forced = await observer.step(state, { token: id, top: 2 });
      expect(forced.top).toEqual(found.top.slice(0, 2));
      expect(forced.said).toEqual(found.top[3]);
      expect(forced.next.said).toEqual([id]);
      const after = await observer.step(forced.next);
      expect(after.previous).toEqual({ id, token: found.top[3].token });
      expect(after.position).toBe(2);
      // As the translator scores the same beginning.
      expect(after.next.logProb).toBeCloseTo(found.top[3].logProb + after.said.logProb, 6);
    });

    it('can go back: a state is a value', async () => {
      const { state } = await observer.begin('fade');
      const once = await all(observer.rest(state));
      await all(observer.rest((await observer.step(state, { token: 8 })).next));
      await all(observer.rest(once[0].next, name === 'rnnenc' ? {} : { attention: 'none' }));
      expect(await all(observer.rest(state))).toEqual(once);
    });

    if (name === 'rnnenc') {
      it('has a context and nothing to steer', async () => {
        const { annotations, state } = await observer.begin('bcd');
        expect(annotations).toBeUndefined();
        const { context, energies, weights, next } = await observer.step(state);
        expect([energies, weights]).toEqual([undefined, undefined]);
        const again = await observer.step(next);
        expect(context?.some((x) => x !== 0)).toBe(true);
        expect(again.context).toEqual(context);
        await expect(observer.step(state, { attention: 'uniform' })).rejects.toThrow(UsageError);
      });
      return;
    }

    it('computes context, weights and weighted states as they are said to be', async () => {
      const { annotations = [], state, tokens } = await observer.begin('hgfedcba');
      expect(annotations).toHaveLength(tokens.length);
      for (const found of await all(observer.rest(state))) {
        const { energies = [], ownWeights = [], weights = new Float32Array() } = found;
        const several = name === 'two heads';
        expect(energies).toHaveLength(several ? 2 : 1);
        if (!name.includes('window')) {
          for (const [k, row] of energies.entries()) {
            expect(Array.from(ownWeights[k])).toEqual(close(softmax(Array.from(row))));
          }
        }
        const mean = Array.from(weights, (_, j) =>
          ownWeights.reduce((t, row) => t + row[j] / ownWeights.length, 0),
        );
        expect(Array.from(weights)).toEqual(close(mean));
        if (several) expect(found.weighted).toBeUndefined();
        else {
          const sum = plus(...(found.weighted ?? []).map((row) => Array.from(row)));
          expect(Array.from(found.context ?? [])).toEqual(close(sum));
          const byHand = plus(...annotations.map((h, j) => Array.from(h, (x) => weights[j] * x)));
          expect(sum).toEqual(close(byHand));
        }
      }
    });

    it('attends as it is told: one-hot, uniform, none', async () => {
      const { annotations = [], state, tokens } = await observer.begin('hgfedcba');
      const begun = (await observer.step(state, { token: 5 })).next;
      const own = await observer.step(begun);
      const S = tokens.length;
      for (const j of [0, 3, S - 1]) {
        const { context, weights, energies, ownWeights } = await observer.step(begun, {
          attention: pinned(S, j),
        });
        expect(weights).toEqual(pinned(S, j));
        // What the model would have done is told all the same.
        expect({ energies, ownWeights }).toEqual({ energies: own.energies, ownWeights: own.ownWeights });
        if (name !== 'two heads') expect(Array.from(context ?? [])).toEqual(close(annotations[j], 6));
      }
      const uniform = await observer.step(begun, { attention: 'uniform' });
      const mean = annotations[0].map((_, k) => annotations.reduce((t, h) => t + h[k] / S, 0));
      if (name !== 'two heads') expect(Array.from(uniform.context ?? [])).toEqual(close(mean));
      const none = await observer.step(begun, { attention: 'none' });
      expect(Array.from(none.context ?? [])).toEqual(Array.from(own.context ?? [], () => 0));
      expect(new Set(none.weights)).toEqual(new Set([0]));
      const asOwn = await observer.step(begun, { attention: own.weights });
      if (name !== 'two heads') expect(Array.from(asOwn.logits)).toEqual(close(own.logits));
      expect(Array.from(uniform.logits)).not.toEqual(close(own.logits, 3));
    });

    it('goes on from where it was steered', async () => {
      const { state, tokens } = await observer.begin('hgfedcba');
      const begun = (await observer.step(state, { token: 5 })).next;
      const free = await observer.step((await observer.step(begun, { token: 6 })).next);
      const attention = pinned(tokens.length, 0);
      const steered = await observer.step((await observer.step(begun, { token: 6, attention })).next);
      expect(Array.from(steered.logits)).not.toEqual(close(free.logits, 4));
    });
  });
}

it('has seen sentences that end and sentences that are cut', () => {
  expect(endings).toEqual(new Set([true, false]));
});

describe('RNNsearch', () => {
  it('computes what appendix A.1.2 and A.2.2 say, in float64 by hand', async () => {
    const { content, weights } = randomModel(MODELS.rnnsearch, 8);
    const observer = new Observer(content, weights, backend);
    const { annotations = [], state } = await observer.begin('hgfeadcb');
    const w = new Weights(weights.layout.views(weights.parameters));
    const h: Matrix = annotations.map((row) => Array.from(row));
    for (const found of (await all(observer.rest(state))).slice(0, 6)) {
      const s: Vector = Array.from(found.previousState.s);
      const v = w.matrix('attention.energy').map(([entry]) => entry);
      const energies = h.map((hj) =>
        tanh(plus(times(s, w.matrix('attention.query')), times(hj, w.matrix('attention.keys')))).reduce(
          (total, x, k) => total + v[k] * x,
          0,
        ),
      );
      const alpha = softmax(energies);
      const c = plus(...h.map((hj, j) => hj.map((x) => alpha[j] * x)));
      const y = w.matrix('decoder.embedding.table')[found.previous.id];
      const mixed = plus(
        times([...s, ...y, ...c], w.matrix('decoder.readout.hidden.kernel')),
        w.vector('decoder.readout.hidden.bias'),
      );
      const t = Array.from({ length: mixed.length / 2 }, (_, k) => Math.max(mixed[2 * k], mixed[2 * k + 1]));
      const logits = w
        .matrix('decoder.readout.logits.table')
        .map(
          (row, k) =>
            row.reduce((total, x, i) => total + x * t[i], 0) + w.vector('decoder.readout.logits.bias')[k],
        );
      expect(found.query).toEqual(found.previousState.s);
      expect(Array.from(found.energies?.[0] ?? [])).toEqual(close(energies));
      expect(Array.from(found.weights ?? [])).toEqual(close(alpha));
      expect(Array.from(found.context ?? [])).toEqual(close(c));
      expect(Array.from(found.readoutInput ?? [])).toEqual(close(mixed));
      expect(Array.from(found.readout ?? [])).toEqual(close(t));
      expect(Array.from(found.logits)).toEqual(close(logits, 4));
      expect(Array.from(found.logProbs, Math.exp)).toEqual(close(softmax(logits)));
      expect(found.nextState.s).toEqual(found.next.decoder.states.s.data);
    }
    await observer.dispose();
  });

  it('refuses what it cannot do', async () => {
    const { content, weights } = randomModel(MODELS.rnnsearch);
    const observer = new Observer(content, weights, backend);
    await expect(observer.begin('')).rejects.toThrow(DataError);
    const { state } = await observer.begin('abc');
    const V = content.codecs.target.vocabulary.size;
    for (const token of [-1, 1.5, V, Number.NaN]) {
      await expect(observer.step(state, { token })).rejects.toThrow(UsageError);
    }
    for (const attention of [
      new Float32Array(3),
      Float32Array.of(1, 0, 0, -1),
      Float32Array.of(Number.NaN, 0, 0, 1),
    ]) {
      await expect(observer.step(state, { attention })).rejects.toThrow(UsageError);
    }
    const { next } = await observer.step(state, { token: 3 });
    await expect(observer.step(next)).rejects.toThrow(/a step after <\/s>/);
    await observer.dispose();
  });
});
