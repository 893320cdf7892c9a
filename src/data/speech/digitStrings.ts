import { DataError, UsageError } from '../../errors.ts';
import { Random } from '../../random.ts';
import { hashOf } from '../heldOut.ts';
import { type JoinedWaveform, joinPieces } from './joining.ts';
import { soundOf, type Utterance, type Waveform, type WaveformDecoder } from './utterance.ts';

/** Least and greatest, both included. */
export type Range = readonly [least: number, greatest: number];

export interface DigitStringOptions {
  seed: number;
  /** Strings to make. */
  count: number;
  /** Recordings a string, uniform; default 1 to 7. */
  length?: Range;
  /** Seconds between two recordings, uniform; default 0.05 to 0.3. */
  gap?: Range;
  /** Seconds before the first and behind the last, uniform; default 0.1 to 0.4. */
  edge?: Range;
  /** What stands between the texts; default a space, so that each is a word. */
  separator?: string;
  /** What the strings' ids begin with, for example that of a part; of one seed other names give other strings. Default `string`. */
  name?: string;
}

/** An utterance made of recordings. */
export interface DigitString extends Utterance {
  /** Ids of the recordings, in order. */
  recordings: readonly string[];
  /** The same samples at every call. */
  audio(): Promise<JoinedWaveform>;
}

/**
 * Strings of digits out of recordings of single ones (or of other words): each of one speaker, with random gaps;
 * `joinPieces` tells of levels and of what is in the gaps. Speakers, texts of a speaker and recordings of a text are
 * drawn uniformly, with replacement. Seed and name alone decide: string n is the same however many are made. A
 * recording is decoded when a string first needs it, and its samples are kept.
 *
 * Of `readFsdd`, strings for training are to be made of the training recordings, those for validation and test of
 * theirs: then no recording is heard in two parts.
 *
 * @param recordings with their text as label; those without a speaker count as of one
 * @param decode reads WAV
 * @throws UsageError for impossible options; DataError when there are no recordings; `audio` throws DataError as
 *   `joinPieces` and the decoder
 */
export function digitStrings(
  recordings: readonly Utterance[],
  decode: WaveformDecoder,
  options: DigitStringOptions,
): DigitString[] {
  const { seed, count, separator = ' ', name = 'string' } = options;
  const { length = [1, 7], gap = [0.05, 0.3], edge = [0.1, 0.4] } = options;
  if (!(Number.isInteger(count) && count >= 0)) {
    throw new UsageError(`${count} strings`, 'a whole number, 0 or more', 'Change count.');
  }
  if (!(length.every(Number.isInteger) && length[0] >= 1 && length[1] >= length[0])) {
    throw new UsageError(
      `strings of ${length.join(' to ')} recordings`,
      '1 ≤ least ≤ greatest',
      'Change length.',
    );
  }
  for (const [key, [least, greatest]] of Object.entries({ gap, edge })) {
    if (least >= 0 && greatest >= least && greatest <= 60) continue;
    throw new UsageError(
      `a ${key} of ${least} to ${greatest} seconds`,
      '0 ≤ least ≤ greatest ≤ 60',
      `Change ${key}.`,
    );
  }
  if (recordings.length === 0) {
    throw new DataError('no recordings to make strings of', 'at least one', 'Check the part of the corpus.');
  }
  const speakers = grouped(recordings, ({ speaker }) => speaker ?? '').map((own) =>
    grouped(own, ({ text }) => text),
  );
  const decoded = new Map<string, Promise<Waveform>>();
  const load = (recording: Utterance): Promise<Waveform> => {
    const sound = decoded.get(recording.id) ?? soundOf(recording, decode);
    decoded.set(recording.id, sound);
    return sound;
  };
  const random = new Random(seed + hashOf(name));
  const pick = <Of>(items: readonly Of[]): Of => items[random.integer(items.length)];
  const between = ([least, greatest]: Range): number => least + (greatest - least) * random.uniform();
  return Array.from({ length: count }, (_, n): DigitString => {
    const texts = pick(speakers);
    const size = length[0] + random.integer(length[1] - length[0] + 1);
    const parts = Array.from({ length: size }, () => pick(pick(texts)));
    const gaps = [between(edge), ...parts.slice(1).map(() => between(gap)), between(edge)];
    const noise = random.uint32();
    const [{ speaker }] = parts;
    return {
      id: `${name}-${n}`,
      text: parts.map(({ text }) => text).join(separator),
      ...(speaker === undefined ? {} : { speaker }),
      recordings: parts.map(({ id }) => id),
      async audio() {
        const pieces = parts.map(async (part) => ({ id: part.id, text: part.text, sound: await load(part) }));
        return joinPieces(await Promise.all(pieces), gaps, new Random(noise));
      },
    };
  });
}

/** Groups of equal keys, in the order of the first of each. */
function grouped<Of>(items: readonly Of[], keyOf: (item: Of) => string): Of[][] {
  const groups = new Map<string, Of[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return [...groups.values()];
}
