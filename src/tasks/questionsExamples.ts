import { TextCodec } from '../data/codec.ts';
import { type StoryQuestion, sentenceWords } from '../data/stories.ts';
import { createTokenizer, normalizeText } from '../data/tokenizer.ts';
import { UNK, Vocabulary } from '../data/vocabulary.ts';
import type { QuestionsRecipe } from '../formats/index.ts';
import { type MemoryNetwork, memn2n } from '../models/memn2n.ts';
import type { AnsweredQuestion, EncodedQuestion } from '../programs/questionLoss.ts';

/** What of a recipe says how a model reads, what it is and how it is trained: all but where its data come from. */
export type QuestionsSettings = Pick<QuestionsRecipe, 'seed' | 'text' | 'model' | 'training'>;

/** How a run of questions reads and answers: words and answers are one vocabulary. */
export type QuestionCodecs = { readonly target: TextCodec };

/** Words of all sentences and the answers, each a token however many words it has. */
export function buildQuestionCodecs(
  questions: readonly Omit<StoryQuestion, 'supports' | 'place'>[],
  { text }: Pick<QuestionsSettings, 'text'>,
): QuestionCodecs {
  const tokenizer = createTokenizer({ kind: 'word', lowercase: text.lowercase });
  // Questions of one story share its sentences: each is cut once, and counted once.
  const sentences = new Set(questions.flatMap(({ facts, question }) => [...facts, question]));
  const sequences = [
    ...Array.from(sentences, (sentence) => sentenceWords(sentence, tokenizer)),
    ...questions.map(({ answer }) => [answerToken(answer, text.lowercase)]),
  ];
  return { target: new TextCodec(tokenizer, Vocabulary.build(sequences)) };
}

/** An answer as the token that it is: lower-cased where the words are, one space between its words. */
export const answerToken = (answer: string, lowercase: boolean): string =>
  normalizeText(answer, lowercase).trim().replace(/\s+/g, ' ');

/** The recipe's model over this vocabulary. */
export const buildQuestionModel = (
  { model }: Pick<QuestionsSettings, 'model'>,
  { target }: QuestionCodecs,
): MemoryNetwork => memn2n({ ...model, vocabulary: target.vocabulary.size });

/** Turns sentences into ids, each distinct one once. */
export class StoryEncoder {
  private readonly codec: TextCodec;
  private readonly memory: number;
  private readonly known = new Map<string, readonly number[]>();

  /** @param memory how many facts are remembered */
  constructor({ target }: QuestionCodecs, memory: number) {
    this.codec = target;
    this.memory = memory;
  }

  sentence(text: string): readonly number[] {
    const ids = this.known.get(text) ?? this.codec.vocabulary.encode(this.words(text));
    this.known.set(text, ids);
    return ids;
  }

  words(text: string): string[] {
    return sentenceWords(text, this.codec.tokenizer);
  }

  /** A question about the last facts, as many as are remembered. */
  asked({ facts, question }: Pick<StoryQuestion, 'facts' | 'question'>): EncodedQuestion {
    return {
      facts: facts.slice(-this.memory).map((fact) => this.sentence(fact)),
      question: this.sentence(question),
    };
  }

  /** The same with its answer: UNK, which no model answers, where the vocabulary has none such. */
  answered(question: StoryQuestion): AnsweredQuestion {
    const { tokenizer, vocabulary } = this.codec;
    const token = answerToken(question.answer, tokenizer.lowercase);
    return { ...this.asked(question), answer: vocabulary.has(token) ? vocabulary.idOf(token) : UNK };
  }
}
