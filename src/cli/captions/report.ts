import { decodePicture } from '../../data/pictures/index.ts';
import { bleu, chrf, tokenizerNone } from '../../metrics/index.ts';
import { pictureSvg, type ReportPicture, type ReportSection } from '../../plots/index.ts';
import type { ShownCaption, ShownPicture } from '../../tasks/captionsSamples.ts';
import { captionWords } from '../../tasks/captionsScores.ts';
import type { RunContent } from '../../tasks/content.ts';
import { exactMatchRate } from '../../tasks/references.ts';
import type { Sample } from '../../training/index.ts';
import type { TaskReport } from '../door.ts';
import { byLengthSection, type Ranking, unknownSection, worstSection } from '../report/examples.ts';

/** Of runs that describe pictures: where they looked, captions by length, the worst beside their pictures, unknown words. */
export const captionsReport: TaskReport = {
  samplesNote: 'The same pictures of the validation data at every validation, described greedily.',

  draw({ shown }, id) {
    const map = shown as Partial<ShownCaption & ShownPicture>;
    if (!map.tokens || !map.weights || !map.grid || map.picture === undefined) return undefined;
    const { tokens, weights, grid, centres } = map;
    const picture = decodePicture(bytesOf(map.picture), { name: 'a picture that the run keeps' });
    return pictureSvg(
      { tokens, weights, grid, ...(centres && { centres }), picture },
      { id, panelWidth: PANEL },
    );
  },

  picture: pictureOf,

  examples(samples: readonly Sample[], content: RunContent): ReportSection[] {
    if (content.task !== 'captions') return [];
    const right = (of: readonly Sample[]) => 100 * exactMatchRate(outputs(of), streams(of));
    // Where whole captions are right or wrong, as of drawings, that says more than n-grams.
    const measure =
      right(samples) > 30 ? { name: 'exact match in %', score: right } : { name: 'BLEU-4', score: bleuOf };
    return [
      ...byLengthSection(samples, measure, {
        name: 'words of the first caption',
        of: ({ references: [first] }) => captionWords(first).split(' ').length,
      }),
      worstSection(samples, captionRanking, ['picture', 'said', 'right'], pictureOf),
      unknownSection([
        {
          name: 'captions',
          texts: samples.flatMap(({ references }) => references),
          codec: content.codecs.target,
        },
      ]),
    ];
  },
};

/** Pixels: a row of them shows a short caption. */
const PANEL = 88;

/** What makes a caption a bad one. */
export const captionRanking: Ranking = {
  name: 'chrF',
  rising: true,
  score: (of) => chrf(outputs(of), streams(of), { lowercase: true }).score,
};

function pictureOf({ source, shown }: Sample): ReportPicture | undefined {
  const { picture } = (shown ?? {}) as Partial<ShownPicture>;
  return typeof picture === 'string' ? { png: picture, alt: source } : undefined;
}

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));

const outputs = (samples: readonly Sample[]): string[] => samples.map(({ output }) => output);

/** References as metrics take them: a stream each, null where a picture has fewer than another. */
function streams(samples: readonly Sample[]): (string | null)[][] {
  const most = samples.reduce((n, { references }) => Math.max(n, references.length), 1);
  return Array.from({ length: most }, (_, k) => samples.map(({ references }) => references[k] ?? null));
}

const bleuOf = (samples: readonly Sample[]): number =>
  bleu(
    outputs(samples).map(captionWords),
    streams(samples).map((stream) => stream.map((text) => (text === null ? null : captionWords(text)))),
    { tokenizer: tokenizerNone, smoothing: 'none' },
  ).score;
