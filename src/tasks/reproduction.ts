import type { Pair } from '../data/corpus.ts';
import { UNK } from '../data/vocabulary.ts';
import { type BleuOptions, bleu, bleuByLength } from '../metrics/index.ts';
import type { Codecs } from './pairs.ts';

/** The four models of Bahdanau et al. 2015, Table 1, and what it gives: BLEU on newstest2014, English to French. */
export const COMPARED = [
  { name: 'RNNenc-30', type: 'rnnenc', maxLength: 30, published: { all: 13.93, known: 24.19 } },
  { name: 'RNNsearch-30', type: 'rnnsearch', maxLength: 30, published: { all: 21.5, known: 31.44 } },
  { name: 'RNNenc-50', type: 'rnnenc', maxLength: 50, published: { all: 17.82, known: 26.71 } },
  { name: 'RNNsearch-50', type: 'rnnsearch', maxLength: 50, published: { all: 26.75, known: 34.16 } },
] as const;

export type Compared = (typeof COMPARED)[number];

/** What the models are asked, the same for all. */
export interface TestSentences {
  readonly sources: readonly string[];
  readonly references: readonly string[];
  /** Words of each source. */
  readonly lengths: readonly number[];
  /** Whether neither source nor reference has a word that the vocabularies do not hold. */
  readonly isKnown: readonly boolean[];
}

/** @param codecs of a trained model; references are lower-cased where its target side is */
export function testSentences(pairs: readonly Pair[], { source, target }: Codecs): TestSentences {
  const { lowercase } = target.tokenizer;
  return {
    sources: pairs.map((pair) => pair.source),
    references: pairs.map((pair) => (lowercase ? pair.target.toLowerCase() : pair.target)),
    lengths: pairs.map((pair) => source.tokens(pair.source).length),
    isKnown: pairs.map(
      (pair) => !source.encode(pair.source).includes(UNK) && !target.encode(pair.target).includes(UNK),
    ),
  };
}

export interface Measured {
  readonly name: string;
  /** Longest training sentence, in words. */
  readonly maxLength: number;
  readonly signature: string;
  /** BLEU of all test sentences, and of those without unknown words; null where there is none. */
  readonly bleu: { readonly all: number; readonly known: number | null };
  /** BLEU of the sentences no longer than those of training, and of the longer ones; null where there is none. */
  readonly within: number | null;
  readonly beyond: number | null;
  /** Figure 2: BLEU of every ten source lengths. */
  readonly byLength: readonly {
    readonly from: number;
    readonly to: number;
    readonly sentences: number;
    readonly bleu: number;
  }[];
}

/** Table 1's row and Figure 2's curve of one model, from what it wrote. */
export function measure(
  model: { readonly name: string; readonly maxLength: number },
  hypotheses: readonly string[],
  { references, lengths, isKnown }: TestSentences,
  options: BleuOptions,
): Measured {
  const all = bleu(hypotheses, [references], options);
  const of = (keep: (i: number) => boolean): number | null => {
    const kept = hypotheses.map((_, i) => i).filter(keep);
    if (kept.length === 0) return null;
    return bleu(
      kept.map((i) => hypotheses[i]),
      [kept.map((i) => references[i])],
      options,
    ).score;
  };
  return {
    name: model.name,
    maxLength: model.maxLength,
    signature: all.signature,
    bleu: { all: all.score, known: of((i) => isKnown[i]) },
    within: of((i) => lengths[i] <= model.maxLength),
    beyond: of((i) => lengths[i] > model.maxLength),
    byLength: bleuByLength(hypotheses, [references], lengths, options).map(
      ({ from, to, sentences, bleu: { score } }) => ({ from, to, sentences, bleu: score }),
    ),
  };
}

const figure = (value: number | null | undefined): string => (value == null ? '–' : value.toFixed(2));

/** Rows under a header, columns aligned: the first to the left, figures to the right. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, i) => Math.max(...all.map((row) => row[i].length)));
  return all
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('   '),
    )
    .join('\n');
}

/** Table 1, with the paper's figures beside ours. */
export function tableOne(measured: readonly Measured[], { isKnown }: TestSentences): string {
  const known = isKnown.filter(Boolean).length;
  return [
    'Table 1. BLEU on the test sentences: all, and those without unknown words in source and reference',
    '',
    table(
      ['model', 'all', 'no unknown', "paper: all (WMT'14)", 'no unknown'],
      measured.map(({ name, bleu: { all, known: without } }) => {
        const published = COMPARED.find((model) => model.name === name)?.published;
        return [name, figure(all), figure(without), figure(published?.all), figure(published?.known)];
      }),
    ),
    '',
    `${isKnown.length} sentences, ${known} of them without unknown words. BLEU: ${measured[0]?.signature ?? ''}`,
  ].join('\n');
}

/** Figure 2 in figures. */
export function figureTwo(measured: readonly Measured[]): string {
  const [first] = measured;
  return [
    'Figure 2. BLEU against source length',
    '',
    table(
      ['words', 'sentences', ...measured.map(({ name }) => name)],
      (first?.byLength ?? []).map(({ from, to, sentences }) => [
        `${from}–${to}`,
        String(sentences),
        ...measured.map(({ byLength }) => figure(byLength.find((bucket) => bucket.from === from)?.bleu)),
      ]),
    ),
  ].join('\n');
}

/** What the figures say, in sentences made of them: nothing is said that was not measured. */
export function findings(measured: readonly Measured[]): string[] {
  const said = measured.map(({ name, maxLength, within, beyond }) => {
    const before = `${name}: BLEU ${figure(within)} at up to ${maxLength} words, as in its training`;
    if (within === null || beyond === null) return `${before}; no longer sentences in the test`;
    const change = (100 * (beyond - within)) / within;
    const kept = within > 0 ? ` (${change < 0 ? '−' : '+'}${Math.abs(change).toFixed(0)} %)` : '';
    return `${before}, ${figure(beyond)} beyond${kept}`;
  });
  const lengths = [...new Set(measured.map(({ maxLength }) => maxLength))];
  const compared = lengths.flatMap((maxLength) => {
    const [plain, attending] = ['RNNenc', 'RNNsearch'].map((kind) =>
      measured.find(({ name }) => name === `${kind}-${maxLength}`),
    );
    const longest = attending?.byLength.at(-1);
    const other = plain?.byLength.at(-1);
    if (!plain || !attending || !longest || !other) return [];
    const range = `${longest.from}–${longest.to} words`;
    return [
      `trained on up to ${maxLength} words, with attention against without: ` +
        `${figure(attending.bleu.all)} against ${figure(plain.bleu.all)} on all sentences, ` +
        `${figure(longest.bleu)} against ${figure(other.bleu)} at ${range}`,
    ];
  });
  return [...said, ...compared];
}
