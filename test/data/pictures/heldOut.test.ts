import fc from 'fast-check';
import { expect, it } from 'vitest';
import { holdOutPictures } from '../../../src/data/pictures/heldOut.ts';
import { type CaptionedPicture, generateDrawings } from '../../../src/data/pictures/index.ts';
import { DataError } from '../../../src/errors.ts';
import { Random } from '../../../src/random.ts';

const pictures: readonly CaptionedPicture[] = generateDrawings(1, 30);

it('takes so many, keeps the order, and takes the same in any order and among others', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 29 }), fc.nat(), (count, seed) => {
      const { train, validation } = holdOutPictures(pictures, count, 'train');
      expect(validation.length).toBe(count);
      expect(train).toEqual(pictures.filter((one) => !validation.includes(one)));
      expect(validation).toEqual(pictures.filter((one) => !train.includes(one)));
      const random = new Random(seed);
      const order = new Map(pictures.map((one) => [one, random.uniform()]));
      const shuffled = pictures.toSorted((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
      expect(new Set(holdOutPictures(shuffled, count, 'train').validation)).toEqual(new Set(validation));
      const fewer = holdOutPictures(pictures, count - 1, 'train').validation;
      for (const one of fewer) expect(validation).toContain(one);
    }),
  );
});

it('leaves something to train on', () => {
  expect(() => holdOutPictures(pictures, 30, 'data.train')).toThrow(DataError);
  expect(() => holdOutPictures(pictures, 30, 'data.train')).toThrow(
    'data.train has 30 pictures; expected more than the 30 to hold out. Hold out fewer, or name a set for validation.',
  );
});
