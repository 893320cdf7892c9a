import type { Picture } from '../data/pictures/index.ts';
import { BOS, EOS, PAD } from '../data/vocabulary.ts';
import { beamSearch, type Hypothesis } from '../decoding/index.ts';
import { UsageError } from '../errors.ts';
import { annotationGrid } from '../models/index.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import type { Backend } from '../runtime/index.ts';
import { pictureBatch } from './captionsBatches.ts';
import { type PictureLoader, pixelsFor } from './captionsExamples.ts';
import { buildCaptioner, type CaptionCodecs, type CaptionRecipe, captionerSizes } from './captionsModel.ts';
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
  /** rows and columns that the picture, as the model sees it, is divided into */
  readonly grid: readonly [rows: number, columns: number];
}

export interface CaptionOptions {
  /** 1 is greedy. Default: as in the recipe */
  readonly beam?: number;
  /** hypotheses wanted, at most `beam`; default 1 */
  readonly nBest?: number;
  readonly lengthPenalty?: number;
  readonly maxLength?: number;
  /** pictures described together; default 16 */
  readonly batch?: number;
}

/** A trained model of captions, ready to be shown pictures. */
export class Captioner {
  readonly grid: readonly [rows: number, columns: number];
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
    this.grid = annotationGrid(captionerSizes(recipe, codecs));
    this.attends = recipe.model.attention !== 'none';
    this.programs = new LazyPrograms(buildCaptioner(recipe, codecs), weights, backend);
    this.load = options.load;
  }

  /**
   * What is to be seen on each picture, best hypothesis first.
   *
   * @throws DataError for pictures that cannot be read; UsageError for options that do not go together
   */
  async describe(pictures: readonly NamedPicture[], options: CaptionOptions = {}): Promise<Caption[][]> {
    const pixels: Uint8Array[] = [];
    for (const { name, picture } of pictures) {
      pixels.push(await pixelsFor(picture, this.recipe.picture, name, this.load));
    }
    return this.describePixels(pixels, options);
  }

  /** The same of pixels as the model reads them, `[height, width, channels]` each. */
  async describePixels(pixels: readonly Uint8Array[], options: CaptionOptions = {}): Promise<Caption[][]> {
    const { decoding } = this.recipe;
    const { beam = decoding.beam, nBest = 1, batch = 16 } = options;
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
    const batch = pictureBatch(pixels, picture);
    if (beam === 1) {
      const program = await this.programs.greedy();
      return (await program.decode(batch, { maxLength, lengthPenalty })).map((hypothesis) => [hypothesis]);
    }
    const program = await this.programs.step();
    const state = await program.start(batch);
    return beamSearch(program, state, pixels.length, { beam, nBest, lengthPenalty, maxLength });
  }

  private written({ tokens: ids, logProb, score, finished, attention }: Hypothesis): Caption {
    const { vocabulary, tokenizer } = this.codecs.target;
    const said = ids.filter((id) => id !== PAD && id !== BOS && id !== EOS);
    const tokens = ids.map((id) => vocabulary.tokenOf(id));
    const text = tokenizer.detokenize(said.map((id) => vocabulary.tokenOf(id)));
    return { text, tokens, logProb, score, finished, ...(attention && { attention }), grid: this.grid };
  }

  async dispose(): Promise<void> {
    await this.programs.dispose();
  }
}
