import * as z from 'zod';
import { captionsModel } from './captionsModel.ts';
import { checkStopping, type Issues, refuseIn } from './checks.ts';
import { count, file, positive, seed } from './fields.ts';
import { text } from './text.ts';
import { stoppedByLoss, training } from './training.ts';

const part = (description: string) => z.enum(['train', 'validation', 'test']).describe(description);

const pictures = z.union([
  z.strictObject({
    manifest: file().describe(
      'a file of lines `path TAB caption`, a picture with several captions on as many; paths of PNG and JPEG files start from where it lies',
    ),
  }),
  z.strictObject({
    drawings: count().describe(
      'embedded data: so many drawings of one shape or two, captioned by colour, size and place',
    ),
    size: count().min(12).max(1024).optional().describe('pixels, each way; default: picture.height'),
    shapes: z
      .array(z.enum(['circle', 'square', 'triangle', 'diamond', 'star', 'cross']))
      .min(1)
      .optional()
      .describe('default all: circle, square, triangle, diamond, star, cross'),
    colours: z
      .array(z.enum(['red', 'green', 'blue', 'yellow', 'purple', 'black']))
      .min(1)
      .optional()
      .describe('default all: red, green, blue, yellow, purple, black'),
    small: z.boolean().optional().describe('whether some shapes are small, which captions say; default true'),
    objects: z
      .tuple([z.literal([1, 2]), z.literal([1, 2])])
      .optional()
      .describe('fewest and most shapes of a drawing; default [1, 2]'),
    combinations: z
      .enum(['all', 'training', 'heldOut'])
      .optional()
      .describe(
        'training: without one colour of each shape; heldOut: a shape of that colour in each drawing; default all',
      ),
  }),
  z.strictObject({
    mnist: file().describe('the folder with the files of MNIST (LeCun et al. 1998), or one of its two sets'),
    part: part(
      'digits of it; test: the official one (of one set alone every tenth), validation: a tenth of the rest; no digit is in two parts',
    ),
    strings: count().describe('so many pictures of strings of them, at varied places and sizes'),
    length: z
      .tuple([count(), count()])
      .default([1, 6])
      .describe('fewest and most digits of one, drawn uniformly'),
    size: z
      .tuple([count(), count()])
      .optional()
      .describe('height and width in pixels; default: those of picture'),
  }),
  z.strictObject({
    flickr8k: file().describe(
      'the folder or archive with the lists of Flickr8k (Hodosh et al. 2013) and its pictures',
    ),
    part: part('one of the official 6,000, 1,000 and 1,000'),
    pictures: file()
      .optional()
      .describe('folder or archive of the pictures in it; default: wherever the first of them is found'),
  }),
]);

const heldOut = z.strictObject({
  heldOut: count().describe(
    'so many pictures are taken out of the training data; which follows from their names alone',
  ),
});

const data = z.strictObject({
  train: pictures,
  validation: z
    .union([...pictures.options, heldOut])
    .optional()
    .describe('measured while training, for early stopping and the best checkpoint'),
  test: pictures.optional().describe('measured at the end'),
  maxLength: count().default(50).describe('training captions with more tokens than this are left out'),
});

const scale = z.strictObject({
  mean: z.array(z.number()).min(1).max(3).describe('of brightness, 0 to 1'),
  deviation: z.array(positive()).min(1).max(3).describe('what the rest is divided by'),
});

const picture = z.strictObject({
  width: count().max(4096).default(64).describe('in pixels, of what the model sees'),
  height: count().max(4096).default(64).describe('in pixels'),
  channels: z.literal([1, 3]).default(3).describe('1: grey; 3: red, green, blue'),
  fit: z
    .enum(['cover', 'contain', 'fill'])
    .default('cover')
    .describe(
      'of a picture of another shape: cut to the middle (cover), white at two sides (contain), or stretched (fill)',
    ),
  scale: scale
    .optional()
    .describe('what is taken off and divided by, one number or one a channel; default: to −1 … 1'),
});

const upTo = (most: number) => z.number().min(0).max(most).optional();

const augment = z.strictObject({
  flip: z
    .boolean()
    .optional()
    .describe('half of the pictures are mirrored; not where captions say left or right; default false'),
  shift: upTo(0.5).describe('moved by up to this share of width and height; default 0'),
  zoom: upTo(0.9).describe('made larger or smaller by up to this share; default 0'),
  rotate: upTo(180).describe('turned by up to so many degrees; default 0'),
  brightness: upTo(1).describe('lightened or darkened by up to this share of white; default 0'),
  contrast: upTo(0.9).describe('contrast changed by up to this share; default 0'),
});

const decoding = z.strictObject({
  beam: count().default(5).describe('hypotheses kept at each step; 1 is greedy search'),
  lengthPenalty: z.number().min(0).default(1).describe('log-probability is divided by length to this power'),
  maxLength: count().default(50).describe('tokens after which a caption is cut'),
  noUnknown: z.boolean().default(false).describe('<unk> is never said; the best without it is searched for'),
});

/** Pictures and what is to be said of them. */
export const captions = z
  .strictObject({
    task: z.literal('captions').describe('pictures to text'),
    seed: seed(),
    data,
    picture: picture.prefault({}).describe('how pictures come to the model'),
    augment: augment
      .optional()
      .describe('how training pictures are varied, anew each epoch, each part drawn uniformly; default: not'),
    target: text.prefault({}),
    model: captionsModel,
    training: training(['exactMatch', 'bleu', 'bleu1', 'bleu2', 'bleu3', 'cider']).prefault({}),
    decoding: decoding.prefault({}),
  })
  .superRefine(checkCaptions)
  .transform(stoppedByLoss);

interface CaptionSections {
  data: z.output<typeof data>;
  picture: z.output<typeof picture>;
  target: z.output<typeof text>;
  model: z.output<typeof captionsModel>;
  training: z.output<ReturnType<typeof training>>;
}

/** What no section can tell alone. Messages say what was expected. */
function checkCaptions({ data, picture, target, model, training }: CaptionSections, issues: Issues): void {
  const refuse = refuseIn(issues);
  if (target.vectors) refuse('target.vectors', 'none: word vectors are for text');
  if (target.dropout !== undefined) refuse('target.dropout', 'none: captions are always cut the same way');
  const { channels, scale } = picture;
  for (const key of ['mean', 'deviation'] as const) {
    const given = scale?.[key].length ?? 1;
    if (given !== 1 && given !== channels) refuse(`picture.scale.${key}`, `one number, or ${channels}`);
  }
  if (model.encoder.downsample === 'max') {
    // What is left over when rows are taken together in so many is dropped, so that nothing may be left at all.
    for (const [axis, side] of (['height', 'width'] as const).entries()) {
      const fewer = model.encoder.blocks.reduce(
        (n, { reduction }) => Math.floor(n / reduction[axis]),
        picture[side],
      );
      if (fewer === 0) refuse('model.encoder.blocks', `less reduction, or a larger picture.${side}`);
    }
  }
  checkStopping({ data, training }, issues);
}
