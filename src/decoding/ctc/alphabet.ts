import { DataError, ShapeError, UsageError } from '../../errors.ts';

/** A string, one label a code point, or one string a label. In the order of the classes; the blank is not in it. */
export type CtcAlphabet = string | readonly string[];

export interface CtcOptions {
  /** The class that says nothing, 0…classes − 1. Default: the last. */
  blank?: number;
  /** What the classes other than the blank stand for: classes − 1 labels. */
  alphabet?: CtcAlphabet;
}

/** What a search takes besides. */
export interface CtcSearchOptions extends CtcOptions {
  /** Classes that no answer may say, such as padding; what they take of the probability stays lost. Default: none. */
  never?: readonly number[];
}

/** The label that separates words. */
export const SPACE = ' ';

/** Which class is the blank, and what the others stand for. A label is the number of its class. */
export interface Labelling {
  readonly classes: number;
  readonly blank: number;
  /** One a class, '' for the blank; undefined without an alphabet. */
  readonly names?: readonly string[];
  /** The class of each name. */
  readonly ids: ReadonlyMap<string, number>;
  /** What stands between labels in a text: nothing where labels are characters, a space where they are words. */
  readonly separator: '' | ' ';
}

/**
 * @throws UsageError for a blank that is no class, or labels that are empty or repeat; ShapeError for an alphabet of
 *   another size than classes − 1
 */
export function ctcLabelling({ blank, alphabet }: CtcOptions, classes: number): Labelling {
  const blankClass = blank ?? classes - 1;
  if (!Number.isInteger(blankClass) || blankClass < 0 || blankClass >= classes) {
    throw new UsageError(
      `Blank ${blank} of ${classes} classes`,
      `a whole number from 0 to ${classes - 1}`,
      'The blank is usually the first class or the last.',
    );
  }
  if (alphabet === undefined) return { classes, blank: blankClass, ids: new Map(), separator: '' };
  const labels = [...alphabet];
  if (labels.length !== classes - 1) {
    throw new ShapeError(
      `An alphabet of ${labels.length} labels for ${classes} classes`,
      `${classes - 1} labels, one for each class but the blank`,
      'Give them in the order of the classes, without the blank.',
    );
  }
  const names = labels.toSpliced(blankClass, 0, '');
  const ids = new Map<string, number>();
  for (const [id, name] of names.entries()) {
    if (id === blankClass) continue;
    if (name === '' || ids.has(name)) {
      throw new UsageError(
        name === ''
          ? `An empty label for class ${id}`
          : `Label "${name}" for classes ${ids.get(name)} and ${id}`,
        'an alphabet of different labels',
        'Give every class but the blank a name of its own.',
      );
    }
    ids.set(name, id);
  }
  const characters = labels.every(isCharacter);
  return { classes, blank: blankClass, names, ids, separator: characters || ids.has(SPACE) ? '' : ' ' };
}

/** One code point. */
const isCharacter = (label: string): boolean => [...label].length === 1;

/** Whether every label is one character, so that a text has one spelling. */
export function hasCharacters({ names, blank }: Labelling): boolean {
  return names?.every((name, id) => id === blank || isCharacter(name)) ?? false;
}

/** The labels in words; undefined without an alphabet. */
export function textOf({ names, separator }: Labelling, labels: readonly number[]): string | undefined {
  return names && labels.map((label) => names[label]).join(separator);
}

/**
 * Given labels as classes.
 *
 * @param labels classes; or a text: characters of the alphabet, or labels with spaces between where these are words
 * @throws DataError for what is no label; UsageError for a text without an alphabet, or whose spelling is not sure
 */
export function labelsOf(labelling: Labelling, labels: string | readonly number[]): number[] {
  const { classes, blank, names, ids, separator } = labelling;
  if (typeof labels !== 'string') {
    const wrong = labels.findIndex((x) => !Number.isInteger(x) || x < 0 || x >= classes || x === blank);
    if (wrong < 0) return [...labels];
    throw new DataError(
      `Label ${labels[wrong]} at place ${wrong}`,
      `a class from 0 to ${classes - 1} other than the blank, ${blank}`,
      'Labels are numbered as the columns of the logits.',
    );
  }
  if (!names || (separator === '' && !hasCharacters(labelling))) {
    throw new UsageError(
      `Labels as a text, ${names ? 'in an alphabet with a space and labels of several characters' : 'without an alphabet'}`,
      'an alphabet of characters, or one of words without a space',
      'Give the labels as numbers of classes.',
    );
  }
  const said = separator === '' ? [...labels] : labels.split(' ').filter((word) => word !== '');
  return said.map((name, place) => {
    const id = ids.get(name);
    if (id !== undefined) return id;
    throw new DataError(
      `"${name}" at place ${place} of "${labels}"`,
      'a label of the alphabet',
      'Normalise the text as the training text was: case, punctuation, digits.',
    );
  });
}

/** 1 for the classes that a search may say, the blank among them. @throws UsageError for what is no class, or the blank */
export function mayBeSaid({ never = [] }: CtcSearchOptions, { classes, blank }: Labelling): Uint8Array {
  const may = new Uint8Array(classes).fill(1);
  for (const label of never) {
    if (!(Number.isInteger(label) && label >= 0 && label < classes && label !== blank)) {
      throw new UsageError(
        `Class ${label} that may never be said`,
        `a class from 0 to ${classes - 1} other than the blank, ${blank}`,
        'Leave it out.',
      );
    }
    may[label] = 0;
  }
  return may;
}
