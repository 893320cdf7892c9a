import { checkSamples } from './checks.ts';

/** Feature vectors of an utterance, frame after frame. */
export interface Frames {
  /** Row-major, `[frames, coefficients]` float32. */
  data: Float32Array;
  shape: [frames: number, coefficients: number];
}

/** Computes one feature vector at a time, so that an hour of sound needs no more beside its result than a minute. */
export interface FrameExtractor {
  /** Coefficients of a frame. */
  width: number;
  /** Frames of so many samples. @throws DataError where they are too few */
  frameCount(samples: number): number;
  /** Writes frame `index` to the first `width` places of `row`. */
  frame(samples: Float32Array, index: number, row: Float64Array): void;
}

/** All frames of an utterance. @throws DataError when the samples are none, too few, NaN or infinite */
export function extractFrames(samples: Float32Array, extractor: FrameExtractor): Frames {
  checkSamples(samples);
  const { width } = extractor;
  const frames = extractor.frameCount(samples.length);
  const data = new Float32Array(frames * width);
  const row = new Float64Array(width);
  for (let index = 0; index < frames; index++) {
    extractor.frame(samples, index, row);
    data.set(row, index * width);
  }
  return { data, shape: [frames, width] };
}
