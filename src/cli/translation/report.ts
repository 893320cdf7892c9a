import { bleu, chrf } from '../../metrics/index.ts';
import { type AttentionMap, attentionSvg, type ReportSection } from '../../plots/index.ts';
import type { RunContent } from '../../tasks/content.ts';
import { exactMatchRate } from '../../tasks/references.ts';
import { bleuOptions } from '../../tasks/translation.ts';
import type { Sample } from '../../training/index.ts';
import type { TaskReport } from '../door.ts';
import { byLengthSection, unknownSection, worstSection } from '../report/examples.ts';

/** Of runs that translate: maps, BLEU by length, the sentences furthest from their references, unknown words. */
export const translationReport: TaskReport = {
  draw({ shown }) {
    const map = shown as Partial<AttentionMap>;
    if (!map.source || !map.target || !map.weights) return undefined;
    const { source, target, weights } = map;
    return attentionSvg({ source, target, weights, tooltips: false, maxCell: 20 });
  },

  examples(samples: readonly Sample[], content: RunContent): ReportSection[] {
    if (content.task !== 'translation') return [];
    const { recipe, codecs } = content;
    const options = bleuOptions(recipe, codecs);
    const { lowercase } = options;
    // Where whole answers are right or wrong, as dates are, that says more than n-grams.
    const right = (of: readonly Sample[]) => 100 * exactMatchRate(outputs(of), streams(of));
    const measure =
      right(samples) > 30
        ? { name: 'exact match in %', score: right }
        : { name: 'BLEU', score: (of: readonly Sample[]) => bleu(outputs(of), streams(of), options).score };
    return [
      ...byLengthSection(samples, measure, {
        name: 'tokens of the source',
        of: ({ source }) => codecs.source.tokens(source).length,
      }),
      worstSection(
        samples,
        { name: 'chrF', rising: true, score: (of) => chrf(outputs(of), streams(of), { lowercase }).score },
        ['source', 'written', 'right'],
      ),
      unknownSection([
        { name: 'sources', texts: samples.map(({ source }) => source), codec: codecs.source },
        { name: 'references', texts: samples.flatMap(({ references }) => references), codec: codecs.target },
      ]),
    ];
  },
};

const outputs = (samples: readonly Sample[]): string[] => samples.map(({ output }) => output);

/** References as metrics take them: a stream each, null where a sentence has fewer than another. */
function streams(samples: readonly Sample[]): (string | null)[][] {
  const most = samples.reduce((n, { references }) => Math.max(n, references.length), 1);
  return Array.from({ length: most }, (_, k) => samples.map(({ references }) => references[k] ?? null));
}
