import type { Asked, StoryQuestion } from '../data/stories.ts';
import { BOS, EOS, PAD, UNK } from '../data/vocabulary.ts';
import { DataError } from '../errors.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import { QuestionProgram } from '../programs/questionProgram.ts';
import type { Backend } from '../runtime/index.ts';
import {
  answerToken,
  buildQuestionModel,
  type QuestionCodecs,
  type QuestionsSettings,
  StoryEncoder,
} from './questionsExamples.ts';

/** What was answered. */
export interface Answer {
  readonly text: string;
  readonly probability: number;
  /** the most probable answers, this one first */
  readonly best: readonly { readonly text: string; readonly probability: number }[];
  /** the facts that were remembered, the oldest first; older ones were forgotten */
  readonly facts: readonly string[];
  /** [hops][facts]: how much of each fact was read. What a row lacks to 1 was read of nothing */
  readonly attention: readonly Float32Array[];
  /** words of story and question that the model does not know: they were read as nothing */
  readonly unknownWords: readonly string[];
}

export interface AnswerOptions {
  /** answers wanted of each question; default 1 */
  readonly nBest?: number;
  /** questions answered together; default 64 */
  readonly batch?: number;
}

const SPECIAL = new Set([PAD, UNK, BOS, EOS]);

/** A trained memory network, ready to be told and asked. */
export class Answerer {
  private readonly codecs: QuestionCodecs;
  private readonly encoder: StoryEncoder;
  private readonly memory: number;
  private readonly compile: () => Promise<QuestionProgram>;
  private program: Promise<QuestionProgram> | undefined;

  constructor(
    recipe: Pick<QuestionsSettings, 'model'>,
    codecs: QuestionCodecs,
    weights: { layout: ParameterLayout; parameters: Float32Array },
    backend: Backend,
  ) {
    this.codecs = codecs;
    this.memory = recipe.model.memory;
    this.encoder = new StoryEncoder(codecs, this.memory);
    const model = buildQuestionModel(recipe, codecs);
    this.compile = () => QuestionProgram.compile(model, weights, backend);
  }

  /**
   * The answer to each question.
   *
   * @throws DataError with its place for a question about nothing, or without a word that the model knows
   */
  async answer(
    questions: readonly Asked[],
    { nBest = 1, batch = 64 }: AnswerOptions = {},
  ): Promise<Answer[]> {
    for (const question of questions) this.check(question);
    this.program ??= this.compile();
    const program = await this.program;
    const { vocabulary } = this.codecs.target;
    const answers: Answer[] = [];
    for (let at = 0; at < questions.length; at += batch) {
      const asked = questions.slice(at, at + batch);
      const found = await program.answer(asked.map((question) => this.encoder.asked(question)));
      for (const [i, { probabilities, attention }] of found.entries()) {
        const best = mostProbable(probabilities, nBest).map((id) => ({
          text: vocabulary.tokenOf(id),
          probability: probabilities[id],
        }));
        const facts = asked[i].facts.slice(-this.memory);
        const unknownWords = this.unknown([...facts, asked[i].question]);
        answers.push({ ...best[0], best, facts, attention, unknownWords });
      }
    }
    return answers;
  }

  /** Whether each of the answers is the right one. */
  isRight(answer: Answer, question: StoryQuestion): boolean {
    return answer.text === answerToken(question.answer, this.codecs.target.tokenizer.lowercase);
  }

  private check({ facts, question, place }: Asked): void {
    if (facts.length === 0) {
      throw new DataError(
        `${place} asks ${JSON.stringify(question)} before anything was told`,
        'at least one fact before a question',
        'Put what it is about above it.',
      );
    }
    const words = this.encoder.words(question);
    if (words.some((word) => this.codecs.target.vocabulary.has(word))) return;
    throw new DataError(
      `${place} asks ${JSON.stringify(question)}, of which the model knows no word`,
      'words that occur in the data it was trained on',
      'Ask in other words, or train on stories that have these.',
    );
  }

  private unknown(sentences: readonly string[]): string[] {
    const { vocabulary } = this.codecs.target;
    const words = sentences.flatMap((sentence) =>
      this.encoder.sentence(sentence).includes(UNK) ? this.encoder.words(sentence) : [],
    );
    return [...new Set(words.filter((word) => vocabulary.encode([word])[0] === UNK))];
  }

  async dispose(): Promise<void> {
    await (await this.program)?.dispose();
  }
}

/** Ids of the most probable answers; the specials are none. */
function mostProbable(probabilities: Float32Array, count: number): number[] {
  const ids = Array.from(probabilities.keys()).filter((id) => !SPECIAL.has(id));
  return ids.sort((a, b) => probabilities[b] - probabilities[a] || a - b).slice(0, count);
}
