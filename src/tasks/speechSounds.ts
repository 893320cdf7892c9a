import { decodeWav, type FeatureStatistics, type Frames, featureStatistics } from '../data/audio/index.ts';
import { soundOf, type Utterance } from '../data/speech/utterance.ts';
import type { SpeechRecipe } from '../formats/index.ts';
import { pauses } from './pauses.ts';
import { checkDuration, framesOf } from './speechExamples.ts';

/**
 * Reads sounds that are to be recognised later.
 *
 * @throws DataError, with the utterance's name, for one that cannot be read or lasts longer than the recipe's limit
 */
export async function checkSounds(utterances: readonly Utterance[], { data }: SpeechRecipe): Promise<void> {
  const breathe = pauses();
  for (const utterance of utterances) {
    await breathe();
    checkDuration(await soundOf(utterance, decodeWav), data.maxSeconds, utterance.id);
  }
}

/**
 * Statistics of the speaker of each utterance, over all of theirs; undefined where the speaker is not known. A speaker's
 * frames are in memory together.
 *
 * @throws DataError, with the utterance's name, for a sound that cannot be read
 */
export async function speakerStatistics(
  utterances: readonly Utterance[],
  { features }: Pick<SpeechRecipe, 'features'>,
): Promise<(FeatureStatistics | undefined)[]> {
  const found = new Map<string, FeatureStatistics>();
  const breathe = pauses();
  for (const speaker of new Set(utterances.flatMap((utterance) => utterance.speaker ?? []))) {
    const frames: Frames[] = [];
    for (const utterance of utterances) {
      if (utterance.speaker !== speaker) continue;
      await breathe();
      frames.push(
        framesOf(await soundOf(utterance, decodeWav), { ...features, normalise: 'none' }, utterance.id),
      );
    }
    found.set(speaker, featureStatistics(frames));
  }
  return utterances.map(({ speaker }) => (speaker === undefined ? undefined : found.get(speaker)));
}
