import * as z from 'zod';
import { checkStopping, type Issues, refuseIn } from './checks.ts';
import { count, file, positive, seed, share } from './fields.ts';
import { speechModel } from './speechModel.ts';
import { text } from './text.ts';
import { stoppedByLoss, training } from './training.ts';

const strings = z.strictObject({
  count: count().describe('how many'),
  length: z
    .tuple([count(), count()])
    .default([1, 7])
    .describe('fewest and most recordings of one, drawn uniformly'),
  gap: z
    .tuple([z.number().min(0), z.number().min(0)])
    .default([0.05, 0.3])
    .describe('seconds between two of them, drawn uniformly'),
  edge: z
    .tuple([z.number().min(0), z.number().min(0)])
    .default([0.1, 0.4])
    .describe('seconds before the first and after the last, drawn uniformly'),
});

const utterances = z.union([
  z.strictObject({
    manifest: file().describe(
      'a file of lines `path TAB text` or `path TAB text TAB speaker`; paths of WAV files start from where it lies',
    ),
  }),
  z.strictObject({
    sphinx: file().describe(
      'a corpus in the layout of CMU Sphinx, a folder or an archive: etc/SET.fileids, etc/SET.transcription, wav/',
    ),
    set: z.string().min(1).describe('which of its sets, for example an4_train'),
  }),
  z.strictObject({
    fsdd: file().describe('the Free Spoken Digit Dataset, a folder or an archive'),
    part: z
      .enum(['train', 'validation', 'test'])
      .describe(
        'test: recordings 0 to 4 of each digit and speaker (the official one); validation: 5 to 7; train: the rest',
      ),
    strings: strings
      .optional()
      .describe(
        'strings of digits instead: recordings of one speaker joined, with gaps; default: single digits',
      ),
  }),
]);

const heldOut = z.strictObject({
  heldOut: z
    .union([
      z.strictObject({ utterances: count().describe('so many') }),
      z.strictObject({ speakers: count().describe('all that so many speakers said') }),
    ])
    .describe('taken out of the training data; which follows from their names alone'),
});

const data = z.strictObject({
  train: utterances,
  validation: z
    .union([...utterances.options, heldOut])
    .optional()
    .describe('measured while training, for early stopping and the best checkpoint'),
  test: utterances.optional().describe('measured at the end'),
  maxSeconds: positive()
    .default(30)
    .describe('longer utterances are left out of the training, and refused when they are to be recognised'),
});

const features = z.strictObject({
  type: z
    .enum(['logMel', 'mfcc'])
    .default('logMel')
    .describe('log mel filter energies, or cepstral coefficients'),
  preset: z
    .enum(['standard', 'sphinx'])
    .default('standard')
    .describe(
      'windows, filters and scaling: usual ones for any sample rate, or those of CMU Sphinx for 16 kHz',
    ),
  sampleRate: count().default(16_000).describe('in Hz; sound of another rate is resampled to it'),
  coefficients: count()
    .optional()
    .describe('filters of logMel (default 40), cepstral coefficients of mfcc (13)'),
  deltas: z
    .literal([0, 1, 2])
    .default(0)
    .describe('1 adds the slopes of the coefficients over time, 2 also the slopes of these'),
  normalise: z
    .enum(['utterance', 'speaker', 'none'])
    .default('utterance')
    .describe(
      'to mean 0 and variance 1 over an utterance, or over all that a speaker says (heed predict is not told who speaks: there the utterance)',
    ),
  stack: count().default(1).describe('neighbouring frames side by side as one'),
  stride: count().optional().describe('frames from one to the next; default: as many as are stacked'),
});

const augment = z.strictObject({
  frequencyMasks: z.int().min(0).default(2).describe('bands of coefficients hidden in each training example'),
  frequencyWidth: z.int().min(0).default(8).describe('coefficients of the widest band'),
  timeMasks: z.int().min(0).default(2).describe('stretches of time hidden in each training example'),
  timeWidth: z.int().min(0).default(40).describe('frames of the longest stretch, before stacking'),
  timeShare: share().default(0.2).describe('of the utterance that one stretch may take'),
  speeds: z
    .array(z.number().min(0.5).max(2))
    .min(1)
    .optional()
    .describe(
      'each epoch every training utterance is played at one of these speeds (Ko et al. 2015); default 1 alone',
    ),
});

const languageModel = z.strictObject({
  arpa: file().optional().describe('a file in ARPA form; default: trained on the training transcripts'),
  unit: z
    .enum(['word', 'token'])
    .default('word')
    .describe('of what it is a model; word needs tokens: character'),
  order: count().default(3).describe('n, of the n-grams'),
  weight: positive().default(0.5).describe('what its log-probability counts'),
  bonus: z.number().default(0).describe('ctc: added for every unit said, against short answers'),
});

const decoding = z.strictObject({
  beam: count().default(10).describe('hypotheses kept at each step; 1 is greedy search'),
  lengthPenalty: z
    .number()
    .min(0)
    .default(1)
    .describe('listener: log-probability is divided by length to this power'),
  maxLength: count().default(200).describe('listener: tokens after which a hypothesis is cut'),
  ctcWeight: share()
    .optional()
    .describe(
      'listener with ctcWeight: how much CTC counts in the search beside the decoder (Watanabe et al. 2017); default: as in training',
    ),
  languageModel: languageModel.optional().describe('an n-gram model that the search asks; default none'),
  lexicon: file()
    .optional()
    .describe(
      'ctc with tokens: character: only these words may be said; a file with one a line, or `transcripts` for the words of the training transcripts; default: any',
    ),
});

/** Sound and what was said in it. */
export const speech = z
  .strictObject({
    task: z.literal('speech').describe('sound to text'),
    seed: seed(),
    data,
    features: features.prefault({}).describe('what a model reads of sound, a row each 10 ms'),
    augment: augment.optional().describe('SpecAugment (Park et al. 2019), for training only; default none'),
    target: text.prefault({ tokens: 'character' }),
    model: speechModel,
    training: training(['wer', 'cer', 'exactMatch']).prefault({}),
    decoding: decoding.prefault({}),
  })
  .superRefine(checkSpeech)
  .transform(({ features, ...rest }) => ({
    ...rest,
    features: { ...features, stride: features.stride ?? features.stack },
  }))
  .transform(stoppedByLoss);

interface SpeechSections {
  data: z.output<typeof data>;
  features: z.output<typeof features>;
  target: z.output<typeof text>;
  model: z.output<typeof speechModel>;
  training: z.output<ReturnType<typeof training>>;
  decoding: z.output<typeof decoding>;
}

/** What no section can tell alone. Messages say what was expected. */
function checkSpeech(
  { data, features, target, model, training, decoding }: SpeechSections,
  issues: Issues,
): void {
  const refuse = refuseIn(issues);
  if (features.preset === 'sphinx' && features.sampleRate !== 16_000) {
    refuse('features.sampleRate', '16000 with the preset sphinx');
  }
  if (target.vectors) refuse('target.vectors', 'none: word vectors are for text');
  if (target.dropout !== undefined) refuse('target.dropout', 'none: transcripts are always cut the same way');
  const { languageModel, lexicon, ctcWeight } = decoding;
  if (lexicon !== undefined && model.type !== 'ctc') {
    refuse('decoding.lexicon', 'none with a listener, whose decoder follows no lexicon');
  } else if (lexicon !== undefined && target.tokens !== 'character') {
    refuse('decoding.lexicon', 'none unless the model writes characters (target.tokens)');
  }
  if (languageModel?.unit === 'word' && target.tokens !== 'character') {
    refuse('decoding.languageModel.unit', 'token, because the model does not write characters');
  }
  if (languageModel && languageModel.bonus !== 0 && model.type === 'listener') {
    refuse('decoding.languageModel.bonus', 'none with a listener, which has decoding.lengthPenalty');
  }
  const isJoint = model.type === 'listener' && model.ctcWeight > 0;
  if (ctcWeight !== undefined && !isJoint) {
    refuse('decoding.ctcWeight', 'none without a listener that is trained with CTC (model.ctcWeight)');
  }
  if (model.type === 'ctc') {
    if (training.labelSmoothing !== undefined) refuse('training.labelSmoothing', 'none with CTC alone');
    if (training.scheduledSampling)
      refuse('training.scheduledSampling', 'none with CTC, which is given no words');
  }
  checkStopping({ data, training }, issues);
}
