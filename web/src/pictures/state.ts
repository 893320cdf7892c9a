import { batch, signal } from '@preact/signals';
import type { Described, Pixels } from '../calls.ts';
import { call } from '../engine.ts';
import { keepOffline } from '../models.ts';
import { readPicture } from './read.ts';

// Kept while another view is looked at.
export const described = signal<Described | undefined>(undefined);
export const model = signal<number | undefined>(undefined);
/** which word's weights are shown */
export const selected = signal<number | undefined>(undefined);
export const busy = signal(false);
export const problem = signal<string | undefined>(undefined);

let latest = 0;
let drawings = 0;

/** Shows what is said of a picture, or why nothing is; what was asked before it is forgotten. */
async function describe(id: number, name: string, read: () => Promise<Pixels>): Promise<void> {
  const turn = ++latest;
  batch(() => {
    model.value = id;
    problem.value = undefined;
    busy.value = true;
  });
  try {
    const found = await call('describe', { model: id, name, picture: await read() });
    if (turn !== latest) return;
    batch(() => {
      described.value = found;
      selected.value = undefined;
    });
  } catch (error) {
    if (turn !== latest) return;
    batch(() => {
      described.value = undefined;
      problem.value = (error as Error).message;
    });
  } finally {
    if (turn === latest) busy.value = false;
  }
}

export const describeFile = (id: number, file: File): Promise<void> =>
  describe(id, file.name || 'The picture', () => readPicture(file, file.name || 'The picture'));

/** The next of the toolkit's own drawings. */
export const describeDrawing = (id: number): Promise<void> =>
  describe(id, 'The drawing', () => call('draw', { seed: ++drawings }));

export const describeSketch = (id: number, sketch: Pixels): Promise<void> =>
  describe(id, 'The drawing', async () => sketch);

/** One of the pictures beside the models. */
export const describeExample = (id: number, file: string): Promise<void> =>
  describe(id, file, async () => {
    const url = new URL(`models/${file}`, document.baseURI).href;
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${file} could not be loaded (${response.status}). Reload the page.`);
    keepOffline(url);
    return readPicture(await response.blob(), file);
  });
