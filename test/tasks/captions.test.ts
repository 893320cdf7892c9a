import { describe, expect, it } from 'vitest';
import { TextCodec } from '../../src/data/codec.ts';
import {
  type CaptionedPicture,
  type Drawing,
  encodePng,
  generateDrawings,
  type PictureAugmentation,
} from '../../src/data/pictures/index.ts';
import { createTokenizer } from '../../src/data/tokenizer.ts';
import { EOS } from '../../src/data/vocabulary.ts';
import { type CaptionRecipe, parseRecipe } from '../../src/formats/index.ts';
import { trainCaptions } from '../../src/tasks/captions.ts';
import { captionBatches } from '../../src/tasks/captionsBatches.ts';
import { Captioner } from '../../src/tasks/captionsCaptioner.ts';
import { captionExamples } from '../../src/tasks/captionsExamples.ts';
import { captionScores, captionWords } from '../../src/tasks/captionsScores.ts';
import { runtime } from '../graph/check.ts';

const recipeOf = (text: string, more: Partial<CaptionRecipe> = {}): CaptionRecipe => {
  const yaml = `task: captions
data: { train: { drawings: 1 }, maxLength: 20 }
picture: { height: 16, width: 16, scale: { mean: [0.9], deviation: [0.15] } }
model: { type: captioner, encoder: { blocks: [{ channels: 24 }, { channels: 48 }] }, embedding: 32, hidden: 96, attention: { size: 64 }, doublyStochastic: 0, dropout: 0 }
training: { ${text} }
decoding: { beam: 3, maxLength: 20 }
`;
  return { ...(parseRecipe(yaml, 'x.yaml') as CaptionRecipe), ...more };
};

const TINY = {
  size: 16,
  shapes: ['square', 'cross'],
  colours: ['red', 'green', 'blue'],
  small: false,
} as const;
const codecs = {
  target: TextCodec.build(
    generateDrawings(1, 200, TINY).flatMap((d) => d.captions),
    createTokenizer({ kind: 'word' }),
  ),
};
const shown = async (drawings: readonly Drawing[]) =>
  Promise.all(drawings.map(async (d) => ({ name: d.id, picture: await d.picture() })));

describe('captions', () => {
  it('of drawings are learnt, and each word is said looking at the shape it is of', async () => {
    const recipe = recipeOf(
      'optimizer: { type: adam, learningRate: 0.005 }, schedule: { type: cosine, warmupSteps: 10 }, batch: { sentences: 32 }, maxSteps: 700, validateEvery: { steps: 700 }',
    );
    const unseen = generateDrawings(2, 100, TINY);
    const backend = await runtime();
    const data = { train: generateDrawings(1, 3000, TINY), validation: unseen };
    const run = await trainCaptions(recipe, data, codecs, backend);
    expect([run.pictures, run.captions]).toEqual([3000, { used: 3000, tooLong: 0 }]);
    let validated: Readonly<Record<string, number>> = {};
    for await (const event of run.events) if (event.type === 'validation') validated = event.metrics;
    const captioner = new Captioner(recipe, codecs, run.program, backend);
    const found = await captioner.describe(await shown(unseen), { beam: 1 });
    expect(captioner.grid).toEqual([4, 4]);

    let right = 0;
    let [mass, words] = [0, 0];
    for (const [i, [{ text, tokens, attention = [], grid }]] of found.entries()) {
      const { captions, objects } = unseen[i];
      if (text !== captions[0]) continue;
      right++;
      const named = tokens.map((token) => /^(red|green|blue|square|cross)$/.test(token));
      for (const [t] of tokens.entries()) {
        if (!named[t]) continue;
        // Of two words for each shape, which shape is it?
        const { x, y, radius } = objects[Math.floor(named.slice(0, t).filter(Boolean).length / 2)];
        words++;
        for (const [cell, weight] of attention[t].entries()) {
          const [cx, cy] = [((cell % grid[1]) + 0.5) * 4, (Math.floor(cell / grid[1]) + 0.5) * 4];
          // Cells are 4 pixels wide.
          if (Math.max(Math.abs(cx - x), Math.abs(cy - y)) < radius + 4) mass += weight;
        }
      }
    }
    expect(right / unseen.length).toBeGreaterThan(0.85);
    expect(mass / words).toBeGreaterThan(0.9);
    expect(validated.exactMatch).toBe(right / unseen.length);

    // Alone, as a file, in another size: the same caption.
    const [drawing] = unseen;
    const file = encodePng(await drawing.picture());
    const [[alone]] = await captioner.describe([{ name: 'x.png', picture: file }], { beam: 1 });
    expect(alone.text).toBe(found[0][0].text);
    expect(alone.logProb).toBeCloseTo(found[0][0].logProb, 4);
    const hypotheses = await captioner.describe(await shown(unseen.slice(0, 3)), { beam: 3, nBest: 3 });
    for (const [i, list] of hypotheses.entries()) {
      expect(list.length).toBe(3);
      expect(list[0].attention?.length).toBe(list[0].tokens.length + 1);
      if (found[i][0].text === unseen[i].captions[0]) expect(list[0].text).toBe(found[i][0].text);
    }
    await expect(captioner.describe([], { beam: 1, nBest: 2 })).rejects.toThrow(/nBest 2 with beam 1/);
    const bad = captioner.describe([{ name: 'bad.gif', picture: new TextEncoder().encode('GIF89a') }]);
    await expect(bad).rejects.toThrow(/bad.gif: looks like GIF/);
    await captioner.dispose();
    await run.program.dispose();
  });

  it('resume to the bit, with augmented pictures and several captions', async () => {
    const train: CaptionedPicture[] = generateDrawings(3, 24, TINY).map((d) => ({
      ...d,
      captions: [...d.captions, 'a red cross', 'a blue square above a red square'],
    }));
    const augment: PictureAugmentation = { shift: 0.1, brightness: 0.1 };
    const recipe = recipeOf('batch: { sentences: 8 }, epochs: 4, validateEvery: { epochs: 1 }', { augment });
    const backend = await runtime();
    const losses = async (options: Parameters<typeof trainCaptions>[4]) => {
      const run = await trainCaptions(recipe, { train }, codecs, backend, options);
      const found: { step: number; loss: number }[] = [];
      let saved: NonNullable<typeof options>['resume'];
      for await (const event of run.events) {
        if (event.type === 'step') found.push({ step: event.step, loss: event.loss });
        if (event.type === 'checkpoint' && event.step === 6) {
          const slots = Object.fromEntries(
            Object.entries(run.optimizer.slots).map(([name, slot]) => [name, slot.slice()]),
          );
          saved = { parameters: run.program.parameters.slice(), slots, state: event.state };
        }
      }
      await run.program.dispose();
      return { found, saved };
    };
    const whole = await losses({});
    expect(whole.found.length).toBe(12);
    const rest = await losses({ resume: whole.saved });
    expect(rest.found).toEqual(whole.found.slice(6));
  });
});

describe('captionBatches', () => {
  const pictures: CaptionedPicture[] = generateDrawings(5, 11, TINY).map((d, i) => ({
    ...d,
    captions: ['a red cross', 'a blue square above a red square', ...(i % 2 ? ['a green cross'] : [])],
  }));

  it('have every picture once an epoch, and in n epochs each of n captions once', async () => {
    const recipe = recipeOf('batch: { sentences: 4 }');
    const { examples } = await captionExamples(pictures, recipe, codecs.target);
    const said = examples.map((): string[] => []);
    for (let epoch = 1; epoch <= 6; epoch++) {
      const batches = captionBatches(examples, recipe, epoch);
      const seen: number[] = [];
      for (let i = 0; i < batches.length; i++) {
        const { source, labels, targetMask, picture, sizes } = batches.at(i)!;
        expect(picture).toEqual([3, 16, 16]);
        expect(source.length).toBe(sizes.B * 768);
        for (let b = 0; b < sizes.B; b++) {
          // Which picture it is, by its first channel.
          const place = examples.findIndex(({ pixels }) =>
            Array.from({ length: 256 }, (_, k) => k).every(
              (k) => Math.abs(source[b * 768 + k] - (pixels[3 * k] / 255 - 0.9) / 0.15) < 1e-5,
            ),
          );
          const ids = Array.from({ length: sizes.T }, (_, t) => t)
            .filter((t) => targetMask[t * sizes.B + b] === 1)
            .map((t) => labels[t * sizes.B + b]);
          expect(ids.at(-1)).toBe(EOS);
          seen.push(place);
          said[place].push(codecs.target.decode(ids));
        }
      }
      expect(seen.sort((a, b) => a - b)).toEqual(examples.map((_, i) => i));
    }
    for (const [i, texts] of said.entries()) {
      const { captions } = examples[i];
      for (const caption of captions) {
        expect(texts.filter((t) => t === caption).length).toBe(6 / captions.length);
      }
    }
  });

  it('follow from seed and epoch alone, varied anew each epoch', async () => {
    const recipe = recipeOf('batch: { sentences: 4 }', { augment: { shift: 0.2, contrast: 0.3 } });
    const { examples } = await captionExamples(pictures, recipe, codecs.target);
    const epoch = (n: number, seed = 1) => {
      const batches = captionBatches(examples, { ...recipe, seed }, n);
      return Array.from({ length: batches.length }, (_, i) => batches.at(i));
    };
    expect(epoch(2)).toEqual(epoch(2));
    expect(epoch(2)).not.toEqual(epoch(3));
    expect(epoch(2)).not.toEqual(epoch(2, 7));
  });
});

describe('captionExamples', () => {
  const recipe = { picture: recipeOf('').picture, data: { train: { drawings: 1 }, maxLength: 4 } };
  const [one] = generateDrawings(5, 1, TINY);
  const read = (pictures: readonly CaptionedPicture[], all = false) =>
    captionExamples(pictures, recipe, codecs.target, { all });

  it('leave out captions that are too long, and pictures without another', async () => {
    const long = 'a blue square above a red square';
    const found = await read([
      { ...one, id: 'both', captions: [long, 'a red cross'] },
      { ...one, id: 'long', captions: [long] },
    ]);
    expect(found.examples.map(({ id, labels, captions }) => [id, labels.length, captions.length])).toEqual([
      ['both', 1, 2],
    ]);
    expect(found.tooLong).toBe(2);
    expect((await read([{ ...one, captions: [long] }], true)).examples.length).toBe(1);
    await expect(read([{ ...one, captions: [long] }])).rejects.toThrow(/all their captions longer than 4/);
    await expect(read([])).rejects.toThrow(/no pictures/);
  });

  it('name the picture that is the matter', async () => {
    const broken = { ...one, id: 'b.jpg', picture: async () => Uint8Array.of(0xff, 0xd8, 0xff) };
    await expect(read([one, broken], true)).rejects.toThrow(/b\.jpg: a JPEG picture that breaks off/);
    await expect(read([{ ...one, id: 'c', captions: [] }])).rejects.toThrow(/c, with no caption/);
    await expect(read([{ ...one, id: 'd', captions: [' '] }])).rejects.toThrow(/d, with an empty caption/);
  });
});

describe('captionScores', () => {
  it('compare words in lower case without punctuation, and whole texts for the exact match', () => {
    expect(captionWords(' A dog, running\u2014fast! It\u2019s a well-known "trick" .')).toBe(
      'a dog running fast it\u2019s a well-known trick',
    );
    const references = [['a dog runs', 'The dog is running.'], ['two cats']];
    const scores = captionScores(['the dog is running', 'two cats'], references, codecs);
    expect(scores.bleu1).toBeCloseTo(100, 8);
    expect(scores.exactMatch).toBe(0.5);
    expect(scores.cider).toBeGreaterThan(100);
    expect(captionScores(['two cats'], [['two cats']], codecs).cider).toBeUndefined();
  });
});
