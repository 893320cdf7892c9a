import { expect, it } from 'vitest';
import { DataError, type HeedError, ShapeError } from '../../src/errors.ts';
import { type SpeechMap, speechSvg } from '../../src/plots/speechSvg.ts';
import { map, sound, spans, weights } from './speechDrawing.ts';

it.each<[string, Partial<SpeechMap>, typeof HeedError, RegExp]>([
  ['no tokens', { tokens: [], weights: [] }, DataError, /without tokens/],
  ['nothing to draw', { weights: undefined }, DataError, /neither weights nor spans/],
  ['no frames', { spectrogram: sound(undefined, 0) }, DataError, /0 frames and 5 channels/],
  ['no channels', { spectrogram: { ...sound(), shape: [16, 0] } }, DataError, /0 channels/],
  ['another shape', { spectrogram: { ...sound(), shape: [15, 5] } }, ShapeError, /80 values .*\[15, 5\]/],
  ['half a frame', { spectrogram: { ...sound(), shape: [2.5, 32] } }, ShapeError, /\[2.5, 32\]/],
  ['no hop', { spectrogram: { ...sound(), frameSeconds: 0 } }, DataError, /frameSeconds of 0/],
  ['no column', { columnSeconds: Number.NaN }, DataError, /columnSeconds of NaN/],
  [
    'a log of 0',
    { spectrogram: sound((f, c) => (f === 3 && c === 2 ? -Infinity : 0)) },
    DataError,
    /-Infinity at frame 3, channel 2/,
  ],
  ['a row too few', { weights: weights.slice(1) }, ShapeError, /2 rows of 4 .*\[3\]\[4\]/],
  ['no columns', { weights: [[], [], []] }, ShapeError, /3 rows of 0/],
  ['an uneven row', { weights: [weights[0], [1], weights[2]] }, ShapeError, /Row 1 of 1 .*\[3\]\[4\]/],
  [
    'a weight that is none',
    { weights: [weights[0], [0, 0, Number.NaN, 0], weights[2]] },
    DataError,
    /NaN at token 1, column 2/,
  ],
  ['logits', { weights: [weights[0], weights[1], [0, 0, 0, 7.5]] }, DataError, /7.5 at token 2, column 3/],
  [
    'columns of another length',
    { columnSeconds: 0.04 },
    ShapeError,
    /4 columns of 0.04 s, together 0.16 s; .* 1.60 s/,
  ],
  ['too few spans', { spans: [spans[0]] }, ShapeError, /1 spans; .*3 tokens/],
  ['no span for a word', { tokens: ['a', 'b', 'c'], spans }, ShapeError, /2 spans/],
  ['a span backwards', { spans: [spans[0], { from: 1, to: 0.9 }] }, DataError, /from 1 to 0.9 s at token 1/],
  [
    'a span before the sound',
    { spans: [{ from: -0.1, to: 0.9 }, spans[1]] },
    DataError,
    /-0.1 to 0.9 s at token 0/,
  ],
  ['a span without end', { spans: [spans[0], { from: 0.2, to: Number.NaN }] }, DataError, /NaN s at token 1/],
  [
    'spans in frames',
    {
      spans: [
        { from: 3, to: 12 },
        { from: 14, to: 20 },
      ],
      columnSeconds: 0.4,
    },
    ShapeError,
    /up to 20.00 s/,
  ],
])('refuses %s', (_, wrong, type, message) => {
  expect(() => speechSvg({ ...map, ...wrong })).toThrow(type);
  expect(() => speechSvg({ ...map, ...wrong })).toThrow(message);
});
