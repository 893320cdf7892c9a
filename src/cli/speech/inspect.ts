import { logMel } from '../../data/audio/index.ts';
import { DataError, UsageError } from '../../errors.ts';
import { speechSvg } from '../../plots/index.ts';
import { openRuntime } from '../../runtime/index.ts';
import { END } from '../../tasks/translator.ts';
import { log, type RuntimeFlags } from '../console.ts';
import { checkFigureFlags, type FigureFlags, writeFigures } from '../figure.ts';
import { openRecognizer } from './open.ts';
import { readSound } from './predict.ts';
import { speechSearch } from './search.ts';

/** Seconds from one frame of the drawn spectrogram to the next. */
const HOP = 0.01;

/** `heed inspect` of a model of speech: when it heard what, or a given text, over the spectrogram. */
export async function inspectSpeech(
  model: string,
  options: RuntimeFlags &
    FigureFlags & {
      readonly audio?: string;
      readonly target?: string;
      readonly beam?: number;
    },
): Promise<void> {
  const { audio, target, beam, out: path } = options;
  if (audio === undefined) {
    throw new UsageError('no --audio with a model of speech', '--audio FILE.wav', 'Name a WAV file.');
  }
  checkFigureFlags(options, { terminal: false });
  if (target !== undefined && (beam !== undefined || target.trim() === '')) {
    throw new UsageError(
      beam === undefined ? 'an empty --target' : '--beam with --target',
      beam === undefined ? 'what is said in the sound' : 'a given text, or a search',
      'Leave one out.',
    );
  }
  const sound = await readSound(audio);
  const backend = await openRuntime({ ...options, onFallback: log });
  const { recognizer, recipe, codecs } = await openRecognizer(model, backend);
  try {
    const { options: search } = await speechSearch(model, { recipe, codecs }, {});
    const [found] =
      target === undefined
        ? (await recognizer.recognize([sound], { ...search, ...(beam !== undefined && { beam }) }))[0]
        : await recognizer.align([{ ...sound, target }]);
    if (found.tokens.length === 0) {
      throw new DataError(
        `${audio}, in which the model heard nothing`,
        'a sound with speech in it',
        'Look whether it is silent, or in another language than the training.',
      );
    }
    const { data, shape } = logMel(sound.samples, { sampleRate: sound.sampleRate });
    const svg = speechSvg({
      tokens: [...found.tokens, ...(found.attention && found.finished ? [END] : [])],
      ...(found.attention && { weights: found.attention }),
      columnSeconds: found.frameSeconds,
      ...(found.spans && { spans: found.spans }),
      spectrogram: { data, shape, frameSeconds: HOP },
      title: found.text,
    });
    await writeFigures(options, [{ svg, caption: found.text }], found.text);
    log(`${found.text}\nlog-probability ${found.logProb.toFixed(3)}\n${path}: ${found.tokens.length} tokens`);
  } finally {
    await recognizer.dispose();
  }
}
