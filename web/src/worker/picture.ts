import { generateDrawings, resizePicture } from 'heed';
import type { Described, PageCalls, Pixels } from '../calls.ts';
import { openedAs } from './models.ts';

/** What is shown of a picture is at most so high and wide: enough for the weights to be seen on it. */
const SHOWN = 256;
/** Pixels of a drawing, each way: those of the training had 48, and look the same made smaller. */
const DRAWN = 192;

/** What is to be seen on a picture, and where the model looked for each word. */
export async function describe({
  model,
  name,
  picture,
}: PageCalls['describe']['argument']): Promise<Described> {
  const { captioner, content } = openedAs(model, 'captions', 'describes pictures');
  const began = performance.now();
  const [[found]] = await captioner.describe([{ name, picture }]);
  const milliseconds = performance.now() - began;
  const { width, height, fit } = content.recipe.picture;
  const times = Math.max(1, Math.floor(SHOWN / Math.max(width, height)));
  const { text, tokens, attention, grid, centres, logProb } = found;
  return {
    text,
    tokens,
    probability: Math.exp(logProb),
    attention,
    grid,
    centres,
    seen: resizePicture(picture, width * times, height * times, { fit }),
    milliseconds,
  };
}

export async function draw({ seed }: PageCalls['draw']['argument']): Promise<Pixels> {
  return generateDrawings(seed, 1, { size: DRAWN })[0].picture();
}
