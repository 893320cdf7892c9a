import { gunzipSync } from 'fflate';
import { DataError } from '../../errors.ts';
import type { Folder } from '../folder.ts';

/** A handwritten digit. */
export interface Digit {
  /** 0 to 9 */
  readonly label: number;
  /** `[28, 28]`, rows from the top: 0 paper, 255 ink */
  readonly ink: Uint8Array;
}

export const DIGIT_SIDE = 28;

/** Numbers of an IDX file. */
export interface Idx {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/**
 * Reads an IDX file of bytes, the format of MNIST (LeCun, Cortes, Burges 1998): two zeros, the type 8, the number of
 * axes, their sizes (big-endian), the bytes. It may be packed by gzip.
 *
 * @throws DataError for what is no such file, or not whole
 */
export function parseIdx(bytes: Uint8Array, name: string): Idx {
  const unpacked = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzip(bytes, name) : bytes;
  const [zero, zeroToo, type, axes] = unpacked;
  if (
    zero !== 0 ||
    zeroToo !== 0 ||
    type !== 8 ||
    !(axes >= 1 && axes <= 4) ||
    unpacked.length < 4 + 4 * axes
  ) {
    const first = [...unpacked.subarray(0, 4)].join(', ');
    throw new DataError(
      `${name} begins with the bytes ${first || '(none)'}`,
      'an IDX file of bytes: 0, 0, 8, number of axes',
      'Take the file of MNIST as it is published.',
    );
  }
  const view = new DataView(unpacked.buffer, unpacked.byteOffset, unpacked.byteLength);
  const shape = Array.from({ length: axes }, (_, i) => view.getUint32(4 + 4 * i));
  const size = shape.reduce((product, n) => product * n, 1);
  const data = unpacked.subarray(4 + 4 * axes);
  if (data.length === size) return { shape, data };
  throw new DataError(
    `${name} holds ${data.length} bytes of data`,
    `${size}, which is ${shape.join(' × ')}`,
    'Copy or download it again.',
  );
}

function gunzip(bytes: Uint8Array, name: string): Uint8Array {
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new DataError(
      `${name} cannot be unpacked (${error instanceof Error ? error.message : error})`,
      'whole gzip data',
      'Copy or download it again.',
    );
  }
}

/** @throws DataError when pictures and labels are not those of digits, or not equally many */
export function digitsOf(pictures: Idx, labels: Idx, name: string): Digit[] {
  const [count, ...sides] = pictures.shape;
  const wrong = labels.data.findIndex((label) => label > 9);
  if (sides.join() !== `${DIGIT_SIDE},${DIGIT_SIDE}` || labels.shape.join() !== String(count) || wrong >= 0) {
    throw new DataError(
      `${name}: pictures of the shape ${pictures.shape.join(' × ')}, labels of ${labels.shape.join(' × ')}${wrong >= 0 ? `, one of them ${labels.data[wrong]}` : ''}`,
      `N × ${DIGIT_SIDE} × ${DIGIT_SIDE} and N, labels from 0 to 9`,
      'Take both files of one set of MNIST.',
    );
  }
  const area = DIGIT_SIDE ** 2;
  return Array.from(labels.data, (label, i) => ({
    label,
    ink: pictures.data.subarray(i * area, (i + 1) * area),
  }));
}

/** Digits in parts that share none. */
export interface DigitParts {
  readonly train: Digit[];
  readonly validation: Digit[];
  readonly test: Digit[];
}

/**
 * MNIST's digits. With both of its sets the test part is the official one, and every tenth of the training set is for
 * validation; with one set alone every tenth is for the test and the ones behind these for validation (all through it,
 * because its first half was written by other people than its second).
 *
 * @param folder with `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-…` and `t10k-labels-…` (each
 *   also as .gz), or one set of them
 * @throws DataError where there is neither, and as `parseIdx` and `digitsOf`
 */
export async function readMnist(folder: Folder): Promise<DigitParts> {
  const [train, test] = [await readSet(folder, 'train'), await readSet(folder, 't10k')];
  const alone = train ?? test;
  if (alone === undefined) {
    throw new DataError(
      `${folder.name} holds no digits of MNIST`,
      'train-images-idx3-ubyte and train-labels-idx1-ubyte, or t10k-…, or all four; .gz too',
      'Name the folder that the files lie in.',
    );
  }
  const tenth = (remainder: number) => alone.filter((_, i) => i % 10 === remainder);
  if (train && test) return { train: alone.filter((_, i) => i % 10 !== 1), validation: tenth(1), test };
  return { train: alone.filter((_, i) => i % 10 > 1), validation: tenth(1), test: tenth(0) };
}

async function readSet(folder: Folder, set: string): Promise<Digit[] | undefined> {
  const read = async (kind: string): Promise<Idx | undefined> => {
    for (const end of ['', '.gz']) {
      const name = `${set}-${kind}-ubyte${end}`;
      if (await folder.has(name)) return parseIdx(await folder.read(name), `${folder.name}/${name}`);
    }
    return undefined;
  };
  const [pictures, labels] = [await read('images-idx3'), await read('labels-idx1')];
  return pictures && labels && digitsOf(pictures, labels, `${folder.name}/${set}`);
}
