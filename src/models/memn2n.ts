import {
  add,
  cast,
  concat,
  constant,
  equal,
  gather,
  log,
  matmul,
  maximum,
  mul,
  oneHot,
  range,
  relu,
  slice,
  softmax,
  sub,
  sum,
  unsqueeze,
  type Value,
} from '../graph/index.ts';
import type { Builder } from '../nn/builder.ts';
import { normal } from '../nn/init.ts';

/** What a memory network is made of; letters and section numbers are the paper's. */
export interface MemoryNetworkSizes {
  /** V: words and answers, one vocabulary */
  readonly vocabulary: number;
  /** d */
  readonly embedding: number;
  /** K, how often the memory is read */
  readonly hops: number;
  /** how many facts the memory holds; places without one are read as nothing */
  readonly memory: number;
  /**
   * J, how many words of a sentence are told apart by where they stand (4.1, position encoding); those behind stand at
   * J. 0: a sentence is a bag of words
   */
  readonly positions: number;
  /** whether a memory knows how far back in the story it lies (4.1, temporal encoding) */
  readonly temporal: boolean;
  /** which embeddings of the hops are one (2.2) */
  readonly tying: 'adjacent' | 'layerwise';
  /** of the state after each hop (appendix A). Default `none` */
  readonly nonlinearity?: 'none' | 'relu';
}

/** N sentences, by what is known of each of the U distinct words of a batch in them. */
export interface Sentences {
  /** `[N, U]`: how often it occurs */
  readonly counts: Value;
  /** `[N, U]`: the sum over its occurrences of (j − ½) / J, j the place from 1 */
  readonly places: Value;
}

/** Stories with a question each. The facts of a batch lie one after the other, without padding. */
export interface Stories {
  /** int32 `[U]`: the distinct words */
  readonly words: Value;
  /** N facts */
  readonly facts: Sentences;
  /** int32 `[N]`: how far each lies back, 0 the last one told (the paper's x₁), less than the memory holds */
  readonly ages: Value;
  /** int32 `[N]`: which story each belongs to, 0 … B − 1 */
  readonly stories: Value;
  /** B questions */
  readonly questions: Sentences;
}

export interface Answers {
  /** `[B, V]` */
  readonly logits: Value;
  /**
   * of each hop `[B, N]`: how much of each fact is read, 0 at those of other stories. What is missing to 1 went to
   * places of the memory that hold none
   */
  readonly attention: readonly Value[];
}

/** A network that reads facts and answers questions about them. */
export interface MemoryNetwork
  extends Pick<MemoryNetworkSizes, 'vocabulary' | 'hops' | 'memory' | 'positions'> {
  /**
   * @param options.linear a scalar: 1 takes the softmax of the memories away, for a linear start (4.2), and attention is
   *   energies then; 0 leaves it. Default: it is always there
   */
  answer(builder: Builder, stories: Stories, options?: { readonly linear?: Value }): Answers;
}

/** Added to the energies of other stories' facts: exp of it is 0 in float32 and float64. */
const MASKED = -1e9;
/** 4.2 */
const initialize = normal(0.1);

/**
 * The end-to-end memory network (Sukhbaatar, Szlam, Weston, Fergus 2015). A question is u = B q. Each hop reads a
 * memory m = A x + T_A by p = softmax(uᵀ m) (equation 1), which gives out o = Σ p c of c = C x + T_C (equation 2), and
 * u becomes u + o (equation 4); the answer is softmax(W u) (equation 3).
 *
 * Sentences of a story fill the memory from its end. Places that are left hold the null symbol, whose embedding is zero
 * (4.2): they are matched with energy 0 and give out nothing. A network needs them, to answer `no` for want of a fact.
 *
 * Parameters of `adjacent` tying (Aᵏ⁺¹ = Cᵏ, B = A¹, Wᵀ = Cᴷ): `embedding0` … `embeddingK`, each `.words` [V, d] and
 * `.times` [memory, d]; hop k matches by k − 1 and gives out by k. Of `layerwise` tying, like a recurrent network
 * (u becomes H u + o): `input` and `output` likewise, `question.words`, `answer.words` and `hop` [d, d].
 */
export function memn2n(sizes: MemoryNetworkSizes): MemoryNetwork {
  const { vocabulary, embedding: d, hops, memory, positions, temporal, tying, nonlinearity = 'none' } = sizes;
  const adjacent = tying === 'adjacent';
  const words = (builder: Builder) => builder.parameter('words', [vocabulary, d], initialize);

  /** Vectors of sentences: `[N, d]`. */
  function embed(builder: Builder, { counts, places }: Sentences, batch: Stories): Value {
    const rows = gather(words(builder), batch.words);
    if (positions === 0) return matmul(counts, rows);
    const { atPlace0, perPlace } = positionWeights(d);
    return add(
      mul(matmul(counts, rows), constant(atPlace0, rows.dtype)),
      mul(matmul(places, rows), constant(perPlace, rows.dtype)),
    );
  }

  function memories(builder: Builder, batch: Stories): Value {
    const embedded = embed(builder, batch.facts, batch);
    if (!temporal) return embedded;
    const times = builder.parameter('times', [memory, d], initialize);
    return add(embedded, matmul(oneHot(batch.ages, memory, times.dtype), times));
  }

  return {
    vocabulary,
    hops,
    memory,
    positions,

    answer(builder, batch, { linear } = {}) {
      const made = new Map<string, Value>();
      const memoriesBy = (name: string): Value => {
        const value = made.get(name) ?? memories(builder.within(name), batch);
        made.set(name, value);
        return value;
      };
      const [B] = batch.questions.counts.shape;
      const [N] = batch.ages.shape;
      const same = equal(unsqueeze(range(B), [1]), unsqueeze(cast(batch.stories, 'int64'), [0]));
      const own = cast(same, batch.facts.counts.dtype); // [B, N]
      const others = mul(sub(1, own), MASKED);
      // n places that hold nothing have energy 0 each, together ln n.
      const left = sub(memory, sum(own, { axes: [1], keep: true }));
      const nothing = log(maximum(left, 1e-30)); // [B, 1]
      const read = (energies: Value) => {
        const p = slice(softmax(concat([add(energies, others), nothing], 1)), 1, 0, N);
        return linear ? add(mul(linear, mul(energies, own)), mul(sub(1, linear), p)) : p;
      };

      let u = embed(builder.within(adjacent ? 'embedding0' : 'question'), batch.questions, batch);
      const attention: Value[] = [];
      for (let k = 1; k <= hops; k++) {
        const m = memoriesBy(adjacent ? `embedding${k - 1}` : 'input');
        const c = memoriesBy(adjacent ? `embedding${k}` : 'output');
        const p = read(matmul(u, m, { transposeB: true }));
        attention.push(p);
        const before = adjacent
          ? u
          : matmul(u, builder.parameter('hop', [d, d], initialize), { transposeB: true });
        u = add(before, matmul(p, c));
        if (nonlinearity === 'relu') u = relu(u);
      }
      const answers = words(builder.within(adjacent ? `embedding${hops}` : 'answer'));
      return { logits: matmul(u, answers, { transposeB: true }), attention };
    },
  };
}

/**
 * Position encoding: the k-th number of the j-th word counts l_kj = 1 + 4 (k' − ½)(j' − ½), k' = (k − ½)/d and
 * j' = (j − ½)/J, as the authors' own program has it. That is twice the formula of section 4.1, half a step aside in j
 * and k, so that it is 1 in the mean, as a bag of words is; and J is one number for all sentences: there the words of the
 * longest and one more, which tells the time (of bAbI 12). Being linear in j', it takes two products, of counts and of
 * places.
 */
export function positionWeights(d: number): { atPlace0: number[]; perPlace: number[] } {
  const slopes = Array.from({ length: d }, (_, k) => 4 * ((k + 0.5) / d - 0.5));
  return { atPlace0: slopes.map((slope) => 1 - slope / 2), perPlace: slopes };
}
