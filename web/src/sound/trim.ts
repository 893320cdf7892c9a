/** Seconds kept before and behind what is loud: about as much as models are trained with. */
const EDGE = 0.3;
const FRAME = 0.02;
/** Frames this much weaker than the loudest, as a ratio of amplitudes (−34 dB), are quiet. */
const QUIET = 0.02;

/**
 * A recording without the quiet before somebody speaks and after: seconds of it would weigh on the mean by which the
 * features are normalised, and a device that is not yet ready gives zeros, which are no sound at all.
 */
export function trimmed(samples: Float32Array, sampleRate: number): Float32Array {
  const size = Math.max(1, Math.round(FRAME * sampleRate));
  const levels: number[] = [];
  for (let from = 0; from < samples.length; from += size) {
    const frame = samples.subarray(from, from + size);
    levels.push(Math.sqrt(frame.reduce((sum, v) => sum + v * v, 0) / frame.length));
  }
  const least = QUIET * Math.max(0, ...levels);
  const isLoud = (level: number) => level > least;
  const first = levels.findIndex(isLoud);
  if (first < 0) return samples;
  const edge = Math.round(EDGE * sampleRate);
  const from = Math.max(0, first * size - edge);
  const to = Math.min(samples.length, (levels.findLastIndex(isLoud) + 1) * size + edge);
  return samples.slice(from, to);
}
