/** Heed's public names. Everything here runs in Node and in a browser; nothing inside Heed imports this file. */

export {
  ALGORITHMS,
  type Algorithm,
  type AlgorithmName,
  type AlgorithmOptions,
  type BitBatch,
  type BitSequence,
  bitBatch,
  createAlgorithm,
  drawBitBatch,
  type Sizes,
  type WrittenSequence,
} from './data/algorithms.ts';
export * from './data/audio/index.ts';
export { BABI_TASKS, parseBabi, readBabi } from './data/babi.ts';
export { type BatchLimits, padTimeMajor, planBatches } from './data/batches.ts';
export { learnBpe, type Merge } from './data/bpe.ts';
export { BpeMerges, type MergeDropout } from './data/bpeMerges.ts';
export { TextCodec } from './data/codec.ts';
export { decodeUtf8, type Pair, parseParallel, parseTsv } from './data/corpus.ts';
export { DATE_LOCALES, type DatePairs, generateDates } from './data/dates.ts';
export { generateSequences, type SequenceTask } from './data/generated.ts';
export { type HeldOutPairs, type HeldOutSizes, holdOut } from './data/heldOut.ts';
export {
  augmentPixels,
  type CaptionedPicture,
  type DecodeOptions,
  type Drawing,
  type DrawingOptions,
  decodePicture,
  digitPictures,
  encodePng,
  generateDrawings,
  type Picture,
  type PictureAugmentation,
  resizePicture,
} from './data/pictures/index.ts';
export type { Utterance, Waveform } from './data/speech/utterance.ts';
export { type Asked, holdOutQuestions, type StoryQuestion } from './data/stories.ts';
export { parseStories, parseTold } from './data/storiesAsked.ts';
export { type GeneratedStories, generateStories } from './data/storiesGenerated.ts';
export { type SubwordOptions, SubwordTokenizer } from './data/subword.ts';
export { createTokenizer, type Tokenizer } from './data/tokenizer.ts';
export { BOS, EOS, PAD, UNK, Vocabulary } from './data/vocabulary.ts';
export * from './decoding/index.ts';
export * from './errors.ts';
export * from './formats/index.ts';
export * as graph from './graph/index.ts';
export * from './metrics/index.ts';
export * from './models/index.ts';
export * as nn from './nn/index.ts';
export * from './plots/index.ts';
export { bitLoss, bitsPerSequence } from './programs/bitLoss.ts';
export { BitProgram, bitModel } from './programs/bitProgram.ts';
export { type DecoderState, type LabelledFrames, StepProgram } from './programs/decoder.ts';
export { type FrameBatch, frameLoss } from './programs/frameLoss.ts';
export { GreedyProgram, greedyModel } from './programs/greedy.ts';
export { LabellerProgram, labellerModel } from './programs/labeller.ts';
export {
  ObservationProgram,
  type ObservedStep,
  type ObservedTensors,
  type Steering,
} from './programs/observation.ts';
export { lossGraph, type Objective, type PairBatch, pairLoss } from './programs/pairLoss.ts';
export { ParameterLayout } from './programs/parameters.ts';
export { type AnsweredQuestion, type QuestionBatch, questionLoss } from './programs/questionLoss.ts';
export { QuestionProgram, questionModel } from './programs/questionProgram.ts';
export { type LossFeeds, type TrainingLoss, TrainingProgram } from './programs/training.ts';
export { Random } from './random.ts';
export * from './runtime/index.ts';
export { type AlgorithmTask, buildAlgorithm } from './tasks/algorithms.ts';
export { answerSequences, type BitAnswer } from './tasks/algorithmsAnswers.ts';
export { type BitScores, type BitWeights, evaluateBits, optimalBits } from './tasks/algorithmsEvaluation.ts';
export { recordSequence, type SequenceRecord } from './tasks/algorithmsRecord.ts';
export { type CostPoint, costCurve, testSeed, trainAlgorithm } from './tasks/algorithmsTraining.ts';
export { type BundleOptions, bundleOf } from './tasks/bundle.ts';
export { type CaptionTraining, type CaptionTrainingOptions, trainCaptions } from './tasks/captions.ts';
export {
  type Caption,
  Captioner,
  type CaptionOptions,
  type NamedPicture,
} from './tasks/captionsCaptioner.ts';
export type { PictureLoader } from './tasks/captionsExamples.ts';
export { buildCaptioner, type CaptionCodecs } from './tasks/captionsModel.ts';
export { type CaptionScores, captionScores } from './tasks/captionsScores.ts';
export type { ConstrainedText, TextConstraints } from './tasks/constrainedText.ts';
export { type ContentOf, contentOf, type RunContent, type Task } from './tasks/content.ts';
export { layoutOf } from './tasks/layouts.ts';
export {
  type Candidate,
  type Observation,
  type ObservedSource,
  Observer,
  type ObserverState,
  type StepOptions,
} from './tasks/observer.ts';
export { type OpenedBundle, openBundle } from './tasks/open.ts';
export { buildCodecs, buildModel, type Codecs, pairBatch } from './tasks/pairs.ts';
export { type QuestionData, trainQuestions } from './tasks/questions.ts';
export { type Answer, Answerer } from './tasks/questionsAnswerer.ts';
export {
  buildQuestionCodecs,
  buildQuestionModel,
  type QuestionCodecs,
  type QuestionsSettings,
} from './tasks/questionsExamples.ts';
export { paperQuestions, trainTasks } from './tasks/questionsExperiment.ts';
export {
  type NamedSound,
  type RecognitionOptions,
  Recognizer,
  type Span,
  type Transcription,
} from './tasks/recognizer.ts';
export { type SpeechTraining, trainSpeech } from './tasks/speech.ts';
export { buildSpeechModel, type SpeechCodecs, type SpeechModel } from './tasks/speechModel.ts';
export { dragged, type GivenAttention, pinned } from './tasks/steering.ts';
export type { SavedTraining, Training, TrainingOptions } from './tasks/training.ts';
export { type TranslationTraining, trainTranslation } from './tasks/translation.ts';
export {
  type Alignment,
  type SamplingRequest,
  type TranslateOptions,
  type Translation,
  Translator,
} from './tasks/translator.ts';
export * from './training/index.ts';
