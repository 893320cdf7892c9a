import { DataError } from '../../errors.ts';
import { isArchive } from '../archive.ts';
import { parseLines } from '../corpus.ts';
import type { Folder } from '../folder.ts';
import { type CaptionedPicture, withPictures } from './captioned.ts';

export interface Flickr8k {
  readonly train: CaptionedPicture[];
  readonly validation: CaptionedPicture[];
  readonly test: CaptionedPicture[];
}

export interface Flickr8kOptions {
  /** The folder or archive of the pictures, within that of the lists. Default: wherever the first of them is found. */
  readonly pictures?: string;
  /** Whether captions keep tokens without a letter or a digit. Default false, as in Karpathy & Fei-Fei 2015. */
  readonly punctuation?: boolean;
}

const LISTS = {
  train: 'Flickr_8k.trainImages.txt',
  validation: 'Flickr_8k.devImages.txt',
  test: 'Flickr_8k.testImages.txt',
} as const;
const TOKENS = 'Flickr8k.token.txt';
const FOLDERS = [
  '',
  'Images',
  'images',
  'Flicker8k_Dataset',
  'Flickr8k_Dataset',
  'Flickr8k_Dataset/Flicker8k_Dataset',
];

/**
 * Flickr8k (Hodosh, Young, Hockenmaier 2013): photographs with five captions each, in the official parts of 6,000, 1,000
 * and 1,000.
 *
 * @param folder with `Flickr8k.token.txt` and the three lists `Flickr_8k.….txt` (each also as .gz), and the pictures
 * @throws DataError for lists that are not there or are none, pictures without captions, and missing pictures
 */
export async function readFlickr8k(folder: Folder, options: Flickr8kOptions = {}): Promise<Flickr8k> {
  const { punctuation = false } = options;
  const captions = new Map<string, string[]>();
  for (const [index, line] of (await linesOf(folder, TOKENS)).entries()) {
    const [, name, text] = /^(.+)#\d+\t(.*)$/.exec(line) ?? [];
    if (name === undefined) {
      throw new DataError(
        `${folder.name}/${TOKENS}:${index + 1} begins ${JSON.stringify(line.slice(0, 40))}`,
        'PICTURE.jpg#NUMBER TAB caption',
        'Take the file as it comes with the data set.',
      );
    }
    const caption = punctuation ? text.trim() : withoutPunctuation(text);
    if (caption !== '') captions.set(name, [...(captions.get(name) ?? []), caption]);
  }
  const names = {
    train: await linesOf(folder, LISTS.train),
    validation: await linesOf(folder, LISTS.validation),
    test: await linesOf(folder, LISTS.test),
  };
  const place = options.pictures ?? (await placeOf(folder, names.train[0].trim()));
  const part = (list: keyof typeof LISTS) => {
    const captioned = names[list]
      .map((line) => line.trim())
      .filter((name) => name !== '')
      .map((name) => {
        const own = captions.get(name);
        if (own) return { path: place === '' ? name : `${place}/${name}`, captions: own };
        throw new DataError(
          `${name} of ${folder.name}/${LISTS[list]} has no caption`,
          `one in ${TOKENS}`,
          'Take the lists of one release together.',
        );
      });
    return withPictures(captioned, folder, LISTS[list]);
  };
  return { train: await part('train'), validation: await part('validation'), test: await part('test') };
}

async function linesOf(folder: Folder, name: string): Promise<string[]> {
  const found = (await folder.has(name)) ? name : `${name}.gz`;
  return parseLines(await folder.read(found), `${folder.name}/${found}`);
}

/** Where a picture lies. */
async function placeOf(folder: Folder, name: string): Promise<string> {
  const archives = (await folder.list('')).filter(isArchive);
  for (const place of [...FOLDERS, ...archives]) {
    if (await folder.has(place === '' ? name : `${place}/${name}`)) return place;
  }
  throw new DataError(
    `${folder.name} has no picture ${name}, neither by itself nor in ${[...FOLDERS.slice(1), ...archives].join(', ')}`,
    'the pictures of Flickr8k beside its lists',
    'Put them there, or name their folder or archive.',
  );
}

/** Words only: tokens without a letter or a digit are left out. */
export const withoutPunctuation = (caption: string): string =>
  caption
    .split(/\s+/)
    .filter((token) => /[\p{L}\p{N}]/u.test(token))
    .join(' ');
