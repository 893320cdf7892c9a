import { wer } from '../../metrics/index.ts';
import { type ReportSection, speechSvg } from '../../plots/index.ts';
import type { RunContent } from '../../tasks/content.ts';
import type { ShownSound, ShownSpeech } from '../../tasks/speechSamples.ts';
import type { Sample } from '../../training/index.ts';
import type { TaskReport } from '../door.ts';
import { byLengthSection, unknownSection, worstSection } from '../report/examples.ts';

/** Of runs that recognise speech: what was heard when, word error rate by length, the worst, unknown tokens. */
export const speechReport: TaskReport = {
  draw({ shown }) {
    const map = shown as Partial<ShownSpeech & ShownSound>;
    if (!map.tokens || !map.spectrogram || map.columnSeconds === undefined) return undefined;
    if (!map.weights && !map.spans) return undefined;
    const { tokens, columnSeconds, weights, spans, spectrogram } = map;
    const { levels, ...form } = spectrogram;
    const data = Float32Array.from(levels, (level) => Number.parseInt(level, 16));
    return speechSvg({
      tokens,
      columnSeconds,
      ...(weights && { weights }),
      ...(spans && { spans }),
      spectrogram: { ...form, data },
    });
  },

  examples(samples: readonly Sample[], content: RunContent): ReportSection[] {
    if (content.task !== 'speech') return [];
    const measure = {
      name: 'word error rate in %',
      rising: false,
      score: (of: readonly Sample[]) => wer(outputs(of), [references(of)]).score,
    };
    return [
      ...byLengthSection(samples, measure, {
        name: 'words said',
        of: ({ references: [said] }) => said.split(/\s+/).filter((word) => word !== '').length,
      }),
      worstSection(samples, measure, ['utterance', 'heard', 'said']),
      unknownSection([{ name: 'transcripts', texts: references(samples), codec: content.codecs.target }]),
    ];
  },
};

const outputs = (samples: readonly Sample[]): string[] => samples.map(({ output }) => output);

const references = (samples: readonly Sample[]): string[] => samples.map(({ references: [said] }) => said);
