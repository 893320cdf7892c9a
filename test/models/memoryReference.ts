/** The end-to-end memory network word by word, fact by fact, as its paper writes it. */
import type { MemoryNetworkSizes } from '../../src/models/memn2n.ts';
import type { EncodedQuestion } from '../../src/programs/questionLoss.ts';
import type { Feeds } from '../graph/check.ts';

type Vector = number[];

export function memoryNetworkReference(
  { facts, question }: EncodedQuestion,
  sizes: MemoryNetworkSizes,
  weights: Feeds,
  linear: boolean,
): { logits: Vector; attention: Vector[] } {
  const { embedding: d, hops, memory, positions: J, temporal, tying, vocabulary: V } = sizes;
  const row = (name: string, i: number): Vector =>
    Array.from({ length: d }, (_, k) => Number(weights[name].data[i * d + k]));
  const sentence = (name: string, ids: readonly number[]): Vector => {
    const total: Vector = Array(d).fill(0);
    ids.forEach((id, index) => {
      if (id < 4) return; // unknown: the null symbol
      const j = Math.min(index + 1, J);
      for (const [i, x] of row(`${name}.words`, id).entries()) {
        const k = i + 1;
        total[i] += J === 0 ? x : (1 + (4 * (k - (d + 1) / 2) * (j - (J + 1) / 2)) / (d * J)) * x;
      }
    });
    return total;
  };
  /** of the i-th fact, the oldest first */
  const fact = (name: string, i: number): Vector => {
    const content = sentence(name, facts[i]);
    if (!temporal) return content;
    const time = row(`${name}.times`, facts.length - 1 - i);
    return content.map((x, k) => x + time[k]);
  };
  const dot = (a: Vector, b: Vector) => a.reduce((total, x, k) => total + x * b[k], 0);
  const adjacent = tying === 'adjacent';
  const attention: Vector[] = [];
  let u = sentence(adjacent ? 'embedding0' : 'question', question);
  for (let hop = 1; hop <= hops; hop++) {
    const energies = facts.map((_, i) => dot(u, fact(adjacent ? `embedding${hop - 1}` : 'input', i)));
    const total = energies.reduce((sum, e) => sum + Math.exp(e), memory - facts.length);
    const p = linear ? energies : energies.map((e) => Math.exp(e) / total);
    attention.push(p);
    const before = adjacent ? u : Array.from({ length: d }, (_, k) => dot(row('hop', k), u));
    u = before.map(
      (x, k) =>
        x + facts.reduce((sum, _, i) => sum + p[i] * fact(adjacent ? `embedding${hop}` : 'output', i)[k], 0),
    );
    if (sizes.nonlinearity === 'relu') u = u.map((x) => Math.max(0, x));
  }
  const answers = adjacent ? `embedding${hops}.words` : 'answer.words';
  return { logits: Array.from({ length: V }, (_, v) => dot(row(answers, v), u)), attention };
}
