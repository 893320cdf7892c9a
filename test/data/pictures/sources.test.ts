import { describe, expect, it } from 'vitest';
import { openFolder } from '../../../src/data/folder.node.ts';
import { withoutPunctuation } from '../../../src/data/pictures/flickr8k.ts';
import {
  decodePicture,
  encodePng,
  type Picture,
  readCaptions,
  readFlickr8k,
  resizePicture,
} from '../../../src/data/pictures/index.ts';
import { loadPicture, type Sharp, type SharpImage } from '../../../src/data/pictures/pictures.node.ts';
import { sharedData } from '../shared.ts';
import { memoryFolder, utf8 } from '../speech/files.ts';

describe('a list of pictures and captions', () => {
  it('joins the captions of a picture, and finds the pictures from where it lies', async () => {
    const folder = memoryFolder({
      'set/train.tsv': 'a.png\tone dog\nb/c.jpg\tA cat.\r\na.png\t a dog runs \n',
      'set/a.png': 'A',
      'set/b/c.jpg': 'C',
    });
    const found = await readCaptions(folder, 'set/train.tsv');
    expect(found.map(({ id, captions }) => [id, captions])).toEqual([
      ['set/a.png', ['one dog', 'a dog runs']],
      ['set/b/c.jpg', ['A cat.']],
    ]);
    expect(await found[1].picture()).toEqual(utf8('C'));
  });

  it('is refused by line, or where pictures are missing', async () => {
    const list = (text: string) => readCaptions(memoryFolder({ 'x.tsv': text, 'a.png': '' }), 'x.tsv');
    await expect(list('a.png\tone\nb.png two\n')).rejects.toThrow(/corpus\/x.tsv:2 begins "b.png two"/);
    await expect(list('a.png\t\n')).rejects.toThrow(/x.tsv:1 .*neither of them empty/);
    await expect(list('a.png\tone\nb.png\ttwo\n')).rejects.toThrow(
      /lacks 1 of the 2 pictures .* first b.png/,
    );
  });
});

describe('Flickr8k', () => {
  const lists = {
    'Flickr_8k.trainImages.txt': '1.jpg\n2.jpg\n',
    'Flickr_8k.devImages.txt': '3.jpg\n',
    'Flickr_8k.testImages.txt': '4.jpg\n',
  };
  const tokens = ['1', '2', '3', '4'].flatMap((n) => [
    `${n}.jpg#0\tDog ${n} runs .`,
    `${n}.jpg#1\tA dog's ball , ${n}`,
  ]);
  const pictures = (folder: string) =>
    Object.fromEntries(['1', '2', '3', '4'].map((n) => [`${folder}${n}.jpg`, n]));

  it('has its official parts, wherever the pictures lie', async () => {
    for (const place of ['', 'Images/', 'Flicker8k_Dataset/']) {
      const folder = memoryFolder({ ...lists, 'Flickr8k.token.txt': tokens.join('\n'), ...pictures(place) });
      const { train, validation, test } = await readFlickr8k(folder);
      expect([train, validation, test].map((part) => part.map(({ id }) => id))).toEqual([
        [`${place}1.jpg`, `${place}2.jpg`],
        [`${place}3.jpg`],
        [`${place}4.jpg`],
      ]);
      expect(train[1].captions).toEqual(['Dog 2 runs', "A dog's ball 2"]);
      expect(await test[0].picture()).toEqual(utf8('4'));
    }
  });

  it('keeps punctuation where asked to', async () => {
    const folder = memoryFolder({ ...lists, 'Flickr8k.token.txt': tokens.join('\n'), ...pictures('') });
    expect((await readFlickr8k(folder, { punctuation: true })).test[0].captions[0]).toBe('Dog 4 runs .');
    expect(withoutPunctuation('" Hi , " says 1 man - and leaves .')).toBe('Hi says 1 man and leaves');
  });

  it('says what is missing', async () => {
    const all = { ...lists, 'Flickr8k.token.txt': tokens.join('\n'), ...pictures('') };
    const without = (...names: string[]) =>
      readFlickr8k(
        memoryFolder(Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)))),
      );
    await expect(without('3.jpg')).rejects.toThrow(
      /lacks 1 of the 1 pictures that Flickr_8k.devImages.txt names/,
    );
    await expect(without('1.jpg')).rejects.toThrow(/has no picture 1.jpg/);
    const bad = readFlickr8k(memoryFolder({ ...all, 'Flickr8k.token.txt': '1.jpg Dog' }));
    await expect(bad).rejects.toThrow(/token.txt:1 begins "1.jpg Dog"/);
    const few = readFlickr8k(memoryFolder({ ...all, 'Flickr8k.token.txt': tokens.slice(0, 4).join('\n') }));
    await expect(few).rejects.toThrow(/3.jpg of .*devImages.txt has no caption/);
  });

  const flickr8k = sharedData('flickr8k');
  it.skipIf(flickr8k === undefined)('is whole (skipped without the shared data)', async () => {
    const { train, validation, test } = await readFlickr8k(await openFolder(flickr8k as string));
    expect([train.length, validation.length, test.length]).toEqual([6000, 1000, 1000]);
    expect(train.every(({ captions }) => captions.length === 5)).toBe(true);
    for (const { id, picture } of test.slice(0, 20)) {
      const { width, height } = decodePicture((await picture()) as Uint8Array, { name: id });
      expect([width, height]).toEqual([64, 64]);
    }
  });
});

describe('loadPicture', () => {
  const picture: Picture = {
    width: 6,
    height: 4,
    data: Uint8Array.from({ length: 72 }, (_, i) => (i * 29) % 256),
  };
  const png = encodePng(picture);
  const calls: string[] = [];
  /** Stands in for sharp: notes what is asked of it, and gives grey. */
  const sharp: Sharp = (bytes) => {
    const noted = (call: string): SharpImage => {
      calls.push(call);
      return image;
    };
    const image: SharpImage = {
      rotate: () => noted('rotate'),
      flatten: ({ background }) => noted(`flatten ${background}`),
      toColourspace: noted,
      resize: (width, height, { fit }) => noted(`resize ${width} ${height} ${fit}`),
      removeAlpha: () => image,
      raw: () => image,
      toBuffer: async () => {
        if (bytes.length < 20) throw new Error('unsupported image format');
        return { data: Uint8Array.of(7, 8), info: { width: 2, height: 1, channels: 1 } };
      },
    };
    return image;
  };

  it('without sharp is what is decoded and resized here', async () => {
    expect(await loadPicture(png, 3, 2, { sharp: undefined })).toEqual(resizePicture(picture, 3, 2));
  });

  it('with sharp asks it for the picture as it is to be seen, over white', async () => {
    const found = await loadPicture(png, 2, 1, { sharp, fit: 'contain' });
    expect(calls).toEqual(['rotate', 'flatten #ffffff', 'srgb', 'resize 2 1 contain']);
    expect(found).toEqual({ width: 2, height: 1, data: Uint8Array.of(7, 7, 7, 8, 8, 8) });
  });

  it('says what is wrong with a file as without sharp', async () => {
    const cut = loadPicture(png.subarray(0, 18), 2, 1, { name: 'x.png', sharp });
    await expect(cut).rejects.toThrow(/x\.png: a PNG picture that breaks off after 18 bytes/);
    const none = loadPicture(utf8('GIF89a'), 2, 1, { name: 'x.gif', sharp });
    await expect(none).rejects.toThrow(/x\.gif: looks like GIF/);
    await expect(loadPicture(png, 0, 1, { sharp })).rejects.toThrow(/0×1 pixels/);
  });
});
