import { UsageError } from '../../errors.ts';
import { Random } from '../../random.ts';
import type { CaptionedPicture } from './captioned.ts';
import { COLOURS, type Colour, type DrawnObject, drawObjects, SHAPES, type Shape } from './drawingShapes.ts';
import type { Picture } from './picture.ts';

export interface DrawingOptions {
  /** Pixels, each way; default 48. Shapes are told apart from 32 on, or from 16 without small ones. */
  readonly size?: number;
  /** Default all six. */
  readonly shapes?: readonly Shape[];
  readonly colours?: readonly Colour[];
  /** Whether some shapes are small, which their captions say; default true. */
  readonly small?: boolean;
  /** Fewest and most shapes of a drawing, 1 or 2; default [1, 2]. */
  readonly objects?: readonly [fewest: 1 | 2, most: 1 | 2];
  /**
   * `training`: without those colours of shapes that are held out (one colour of each shape, of the six); `heldOut`:
   * each drawing has one that is; default all.
   */
  readonly combinations?: 'all' | 'training' | 'heldOut';
}

/** A drawing, its one right caption, and what is on it, in the order it is said in. */
export interface Drawing extends CaptionedPicture {
  readonly objects: readonly DrawnObject[];
  picture(): Promise<Picture>;
}

/** Of the size of the drawing: how far large and small shapes reach from their middle. */
const RADII = { large: [0.15, 0.19], small: [0.075, 0.1] } as const;
/** Paper at the edge, and between two shapes, of the size. */
const MARGIN = 0.02;

/** Whether a colour of a shape is kept for the test: by their places in the lists of all. */
export const isHeldOut = (shape: Shape, colour: Colour): boolean =>
  (SHAPES.indexOf(shape) + COLOURS.indexOf(colour)) % COLOURS.length === COLOURS.length - 1;

/**
 * Drawings of one shape or two, with a caption each: "a small red circle", "a red circle left of a small blue square",
 * "a black star above a green cross". The grammar says every drawing in one way: the left or upper shape comes first,
 * and two shapes stand either beside or above each other. Seed alone decides: drawing n is the same however many are
 * made.
 *
 * @throws UsageError for impossible options
 */
export function generateDrawings(seed: number, count: number, options: DrawingOptions = {}): Drawing[] {
  const { size = 48, shapes = SHAPES, colours = COLOURS, small = true } = options;
  const { objects: numbers = [1, 2], combinations = 'all' } = options;
  const kinds = shapes.flatMap((shape) => colours.map((colour) => ({ shape, colour })));
  const known = kinds.filter(({ shape, colour }) => !isHeldOut(shape, colour));
  const held = kinds.filter(({ shape, colour }) => isHeldOut(shape, colour));
  checkOptions({
    count,
    size,
    numbers,
    kinds: { all: kinds, training: known, heldOut: held }[combinations].length,
  });
  const random = new Random(seed);
  return Array.from({ length: count }, (_, n): Drawing => {
    const own = new Random(random.uint32());
    const number = numbers[0] + own.integer(numbers[1] - numbers[0] + 1);
    const one = own.integer(number);
    const drawn = Array.from({ length: number }, (_, i) => {
      // Of two, one is held out and the other anything.
      const from =
        combinations === 'training' ? known : combinations === 'heldOut' && i === one ? held : kinds;
      const kind = from[own.integer(from.length)];
      const isSmall = own.uniform() < 0.5 && small;
      const [least, most] = isSmall ? RADII.small : RADII.large;
      return { ...kind, small: isSmall, radius: size * (least + (most - least) * own.uniform()) };
    });
    const { objects, relation } = placed(drawn, size, own);
    const tints = own.uint32();
    return {
      id: `drawing-${n}`,
      captions: [objects.map(nameOf).join(` ${relation} `)],
      objects,
      picture: async () => drawObjects(objects, size, new Random(tints)),
    };
  });
}

function checkOptions(options: {
  count: number;
  size: number;
  numbers: readonly [number, number];
  kinds: number;
}): void {
  const { count, size, numbers, kinds } = options;
  const refuse = (arrived: string, expected: string, key: string) => {
    throw new UsageError(arrived, expected, `Change ${key}.`);
  };
  if (!(Number.isInteger(count) && count >= 0))
    refuse(`${count} drawings`, 'a whole number, 0 or more', 'count');
  if (!(Number.isInteger(size) && size >= 12 && size <= 1024)) {
    refuse(`drawings of ${size} pixels`, 'a whole number from 12 to 1024', 'size');
  }
  if (!(numbers[0] >= 1 && numbers[1] <= 2 && numbers[0] <= numbers[1])) {
    refuse(`${numbers.join(' to ')} shapes a drawing`, '1 or 2', 'objects');
  }
  if (kinds === 0) refuse('no colour of a shape to draw', 'at least one', 'shapes, colours or combinations');
}

type Unplaced = Omit<DrawnObject, 'x' | 'y'>;

const nameOf = ({ shape, colour, small }: Unplaced): string => `a ${small ? 'small ' : ''}${colour} ${shape}`;

/** Puts one shape anywhere, or two beside or above each other, clearly so. */
function placed(
  drawn: readonly Unplaced[],
  size: number,
  random: Random,
): { objects: DrawnObject[]; relation: string } {
  const room = (radius: number) => size * MARGIN + 1.1 * radius;
  const between = (least: number, most: number) => least + Math.max(0, most - least) * random.uniform();
  const anywhere = (radius: number) => between(room(radius), size - room(radius));
  const [first, second] = drawn;
  if (second === undefined) {
    return { objects: [{ ...first, x: anywhere(first.radius), y: anywhere(first.radius) }], relation: '' };
  }
  const beside = random.uniform() < 0.5;
  // Along one axis apart; across it by less than a third of that, so that nobody would say it otherwise.
  const least = 1.1 * (first.radius + second.radius) + size * MARGIN;
  const [edge, farEdge] = [room(first.radius), size - room(second.radius)];
  const from = between(edge, farEdge - least);
  const to = between(from + least, farEdge);
  const across = anywhere(Math.max(first.radius, second.radius));
  const off = ((to - from) / 3) * (2 * random.uniform() - 1);
  const other = Math.min(size - room(second.radius), Math.max(room(second.radius), across + off));
  const place = (object: Unplaced, along: number, side: number): DrawnObject =>
    beside ? { ...object, x: along, y: side } : { ...object, x: side, y: along };
  return {
    objects: [place(first, from, across), place(second, to, other)],
    relation: beside ? 'left of' : 'above',
  };
}
