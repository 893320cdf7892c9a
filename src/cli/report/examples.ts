/** Parts of a report that tasks share: what all examples of a test or a validation tell. */
import type { TextCodec } from '../../data/codec.ts';
import { UNK } from '../../data/vocabulary.ts';
import { curveSvg, type ReportPicture, type ReportSection } from '../../plots/index.ts';
import type { Sample } from '../../training/index.ts';

/** How examples are measured. */
export interface Measure {
  /** such as BLEU */
  readonly name: string;
  /** of several together */
  score(samples: readonly Sample[]): number;
}

/** About so many groups of lengths. */
const GROUPS = 8;

/**
 * A metric by length, as figure 2 of Bahdanau et al. 2015.
 *
 * @param length.name what is counted, such as `tokens of the source`
 * @returns nothing where all are about equally long
 */
export function byLengthSection(
  samples: readonly Sample[],
  measure: Measure,
  length: { readonly name: string; readonly of: (sample: Sample) => number },
): ReportSection[] {
  const lengths = samples.map(length.of);
  const longest = lengths.reduce((most, n) => Math.max(most, n), 1);
  const width = [1, 2, 5, 10, 20, 50, 100].find((w) => longest / w <= GROUPS) ?? Math.ceil(longest / GROUPS);
  const groups = Array.from({ length: Math.ceil(longest / width) }, (_, g) => ({
    from: g * width + 1,
    to: (g + 1) * width,
    samples: samples.filter((_, i) => Math.max(0, Math.ceil(lengths[i] / width) - 1) === g),
  })).filter((group) => group.samples.length > 0);
  const rows = groups.map((group) => ({ ...group, score: measure.score(group.samples) }));
  const title = `${measure.name[0].toUpperCase()}${measure.name.slice(1)} by length`;
  if (rows.length < 2) return [];
  return [
    {
      heading: title,
      curves: [
        curveSvg({
          title,
          series: [
            { name: measure.name, points: rows.map(({ from, to, score }) => [(from + to) / 2, score]) },
          ],
          xLabel: length.name,
          yLabel: measure.name,
          xRange: [0, longest],
        }),
      ],
      table: {
        columns: [length.name, 'examples', measure.name],
        rows: rows.map(({ from, to, samples: { length: count }, score }) => [
          from === to ? `${from}` : `${from}–${to}`,
          count,
          Number(score.toFixed(2)),
        ]),
      },
    },
  ];
}

/** How examples are ranked. */
export interface Ranking extends Measure {
  /** whether higher is better */
  readonly rising: boolean;
}

const WORST = 10;

/** The examples that went worst, the worst first, with their scores; none that is right. */
export function worstOf(
  samples: readonly Sample[],
  measure: Ranking,
  most = WORST,
): { sample: Sample; score: number }[] {
  return samples
    .filter(({ output, references }) => !references.includes(output))
    .map((sample) => ({ sample, score: measure.score([sample]) }))
    .sort((a, b) => (measure.rising ? a.score - b.score : b.score - a.score))
    .slice(0, most);
}

/**
 * A table of them.
 *
 * @param picture of an example, which then stands instead of its name
 */
export function worstSection(
  samples: readonly Sample[],
  measure: Ranking,
  columns: readonly [source: string, output: string, reference: string],
  picture: (sample: Sample) => ReportPicture | undefined = () => undefined,
): ReportSection {
  const right = samples.filter(({ output, references }) => references.includes(output)).length;
  const heading = `Worst of ${samples.length}`;
  if (right === samples.length) return { heading, text: 'All are right.' };
  return {
    heading,
    note: `${right} of ${samples.length} are right to the letter.`,
    table: {
      columns: [measure.name, ...columns],
      rows: worstOf(samples, measure).map(({ sample, score }) => [
        Number(score.toFixed(1)),
        picture(sample) ?? sample.source,
        sample.output || '(nothing)',
        sample.references.join(' · '),
      ]),
    },
  };
}

const MOST_FREQUENT = 20;

/** What of some texts a vocabulary does not hold: how much, and what most often. */
export function unknownSection(
  sides: readonly { readonly name: string; readonly texts: readonly string[]; readonly codec: TextCodec }[],
): ReportSection {
  const rows = sides.map(({ name, texts, codec }) => {
    const counts = new Map<string, number>();
    let tokens = 0;
    for (const text of texts) {
      const ids = codec.encode(text);
      tokens += ids.length;
      if (!ids.includes(UNK)) continue;
      for (const [i, token] of codec.tokens(text).entries()) {
        if (ids[i] === UNK) counts.set(token, (counts.get(token) ?? 0) + 1);
      }
    }
    const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
    const frequent = [...counts]
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .slice(0, MOST_FREQUENT);
    return [
      name,
      total,
      `${tokens > 0 ? ((100 * total) / tokens).toFixed(2) : '0'} % of ${tokens}`,
      frequent.map(([token, n]) => (n > 1 ? `${token} (${n})` : token)).join(', ') || 'none',
    ];
  });
  return {
    heading: 'Unknown words',
    table: { columns: ['in', 'tokens not in the vocabulary', 'share', 'most frequent'], rows },
  };
}
