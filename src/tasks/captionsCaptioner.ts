import type { Picture } from '../data/pictures/index.ts';
import { BOS, EOS, PAD, UNK } from '../data/vocabulary.ts';
import { beamSearch, constraintOf, forcedDecoding, type Hypothesis } from '../decoding/index.ts';
import { DataError, UsageError } from '../errors.ts';
import type { CaptionRecipe } from '../formats/index.ts';
import { annotationCentres, annotationGrid } from '../models/index.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import type { Backend } from '../runtime/index.ts';
import { pictureBatch } from './captionsBatches.ts';
import { type PictureLoader, pixelsFor } from './captionsExamples.ts';
import { buildCaptioner, type CaptionCodecs, captionerSizes } from './captionsModel.ts';
import { LazyPrograms } from './lazyPrograms.ts';

/** A picture to describe: a file's bytes, or what was decoded. */
export interface NamedPicture {
  /** for errors */
  readonly name: string;
  readonly picture: Uint8Array | Picture;
}

/** What was said of a picture. */
export interface Caption {
  readonly text: string;
  readonly tokens: readonly string[];
  /** natural logarithm of its probability, its end included */
  readonly logProb: number;
  /** what hypotheses are ranked by */
  readonly score: number;
  /** false when it was cut at the length limit */
  readonly finished: boolean;
  /** [tokens and end][rows × columns], by rows from the top: where each was looked for; absent without attention */
  readonly attention?: readonly Float32Array[];
  /** rows and columns of places that the picture, as the model sees it, has */
  readonly grid: readonly [rows: number, columns: number];
  /** where these rows and columns have their middles in it, from 0 (top, left) to 1 */
  readonly centres: readonly [rows: readonly number[], columns: readonly number[]];
}

export interface CaptionOptions {
  /** 1 is greedy. Default: as in the recipe */
  readonly beam?: number;
  /** hypotheses wanted, at most `beam`; default 1 */
  readonly nBest?: number;
  readonly lengthPenalty?: number;
  readonly maxLength?: number;
  /** `<unk>` is never said. Default: as in the recipe */
  readonly noUnknown?: boolean;
  /** pictures described together; default 16 */
  readonly batch?: number;
}

/** Pictures described together. */
const BATCH = 16;

/** A trained model of captions, ready to be shown pictures. */
export class Captioner {
  readonly grid: readonly [rows: number, columns: number];
  readonly centres: Caption['centres'];
  readonly attends: boolean;
  private readonly recipe: CaptionRecipe;
  private readonly codecs: CaptionCodecs;
  private readonly programs: LazyPrograms;
  private readonly load: PictureLoader | undefined;

  /** @param options.load what decodes files; default `decodePicture` */
  constructor(
    recipe: CaptionRecipe,
    codecs: CaptionCodecs,
    weights: { layout: ParameterLayout; parameters: Float32Array },
    backend: Backend,
    options: { readonly load?: PictureLoader } = {},
  ) {
    this.recipe = recipe;
    this.codecs = codecs;
    const sizes = captionerSizes(recipe, codecs);
    this.grid = annotationGrid(sizes);
    this.centres = annotationCentres(sizes);
    this.attends = typeof recipe.model.attention === 'object';
    this.programs = new LazyPrograms(buildCaptioner(recipe, codecs), weights, backend);
    this.load = options.load;
  }

  /**
   * What is to be seen on each picture, best hypothesis first.
   *
   * @throws DataError for pictures that cannot be read; UsageError for options that do not go together
   */
  async describe(pictures: readonly NamedPicture[], options: CaptionOptions = {}): Promise<Caption[][]> {
    return this.describePixels(await this.pixels(pictures), options);
  }

  /**
   * Given captions as the model sees them (forced decoding): how probable each is, and where the model looks for each of
   * its tokens. `finished` is always true, and `score` the log-probability a token.
   *
   * @throws DataError for pictures that cannot be read and captions without a token
   */
  async align(pictures: readonly (NamedPicture & { readonly caption: string })[]): Promise<Caption[]> {
    const { target } = this.codecs;
    const labels = pictures.map(({ name, caption }) => {
      const ids = target.encode(caption);
      if (ids.length > 0) return ids;
      const arrived = `the caption ${JSON.stringify(caption)} of ${name}, which has no token`;
      throw new DataError(arrived, 'at least one', 'Leave it out.');
    });
    const pixels = await this.pixels(pictures);
    const program = await this.programs.step();
    const captions: Caption[] = [];
    for (let at = 0; at < pixels.length; at += BATCH) {
      const state = await program.start(pictureBatch(pixels.slice(at, at + BATCH), this.recipe.picture));
      const found = await forcedDecoding(program, state, labels.slice(at, at + BATCH));
      for (const [k, hypothesis] of found.entries()) {
        const text = pictures[at + k].caption;
        // As it was given: what the vocabulary does not hold is no reason to hide it.
        captions.push({ ...this.written(hypothesis), text, tokens: target.tokens(text) });
      }
    }
    return captions;
  }

  private async pixels(pictures: readonly NamedPicture[]): Promise<Uint8Array[]> {
    const pixels: Uint8Array[] = [];
    for (const { name, picture } of pictures) {
      pixels.push(await pixelsFor(picture, this.recipe.picture, name, this.load));
    }
    return pixels;
  }

  /** The same of pixels as the model reads them, `[height, width, channels]` each. */
  async describePixels(pixels: readonly Uint8Array[], options: CaptionOptions = {}): Promise<Caption[][]> {
    const { decoding } = this.recipe;
    const { beam = decoding.beam, nBest = 1, batch = BATCH } = options;
    if (!(Number.isInteger(batch) && batch >= 1)) {
      throw new UsageError(`a batch of ${batch}`, 'a whole number of pictures, 1 or more', 'Leave it out.');
    }
    if (nBest > beam) {
      const arrived = `nBest ${nBest} with beam ${beam}`;
      throw new UsageError(arrived, 'at most as many as the beam', 'Widen the beam.');
    }
    const captions: Caption[][] = [];
    for (let at = 0; at < pixels.length; at += batch) {
      const found = await this.search(pixels.slice(at, at + batch), { ...options, beam, nBest });
      captions.push(...found.map((hypotheses) => hypotheses.map((hypothesis) => this.written(hypothesis))));
    }
    return captions;
  }

  private async search(
    pixels: readonly Uint8Array[],
    { beam, nBest, ...options }: CaptionOptions & { readonly beam: number },
  ): Promise<Hypothesis[][]> {
    const { decoding, picture } = this.recipe;
    const { lengthPenalty = decoding.lengthPenalty, maxLength = decoding.maxLength } = options;
    const { noUnknown = decoding.noUnknown } = options;
    const batch = pictureBatch(pixels, picture);
    if (beam === 1 && !noUnknown) {
      const program = await this.programs.greedy();
      return (await program.decode(batch, { maxLength, lengthPenalty })).map((hypothesis) => [hypothesis]);
    }
    const program = await this.programs.step();
    const state = await program.start(batch);
    const vocabulary = { vocabularySize: this.codecs.target.vocabulary.size, eos: EOS };
    const constraint = noUnknown ? constraintOf({ forbidden: [[UNK]] }, vocabulary) : undefined;
    const constraints = constraint && pixels.map(() => constraint);
    return beamSearch(program, state, pixels.length, { beam, nBest, lengthPenalty, maxLength, constraints });
  }

  private written({ tokens: ids, logProb, score, finished, attention }: Hypothesis): Caption {
    const { vocabulary, tokenizer } = this.codecs.target;
    const said = ids.filter((id) => id !== PAD && id !== BOS && id !== EOS);
    const tokens = ids.map((id) => vocabulary.tokenOf(id));
    const text = tokenizer.detokenize(said.map((id) => vocabulary.tokenOf(id)));
    const { grid, centres } = this;
    return { text, tokens, logProb, score, finished, ...(attention && { attention }), grid, centres };
  }

  async dispose(): Promise<void> {
    await this.programs.dispose();
  }
}
