import type { Candidate } from './events.ts';
import type { CheckpointAveraging } from './options.ts';
import type { Mode } from './stopping.ts';

/**
 * Which of the checkpoints saved so far, given with their steps ascending, would be averaged now. Of equally good ones
 * the earlier.
 */
export function chooseCandidates(
  { which, count }: Pick<CheckpointAveraging, 'which' | 'count'>,
  saved: readonly Candidate[],
  mode: Mode = 'min',
): readonly Candidate[] {
  if (which === 'last') return saved.slice(-count);
  const badness = ({ value }: Candidate) => (value === null ? Infinity : mode === 'min' ? value : -value);
  const best = [...saved].sort((a, b) => badness(a) - badness(b)).slice(0, count);
  return best.sort((a, b) => a.step - b.step);
}
