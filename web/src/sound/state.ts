import { batch, signal } from '@preact/signals';
import type { Heard } from '../calls.ts';
import { call } from '../engine.ts';
import { keepOffline } from '../models.ts';
import { readSound } from './read.ts';
import { type Recording, record } from './recorder.ts';
import { trimmed } from './trim.ts';

/** Seconds after which a recording ends by itself: models read no more than 30. */
const LONGEST = 20;

// Kept while another view is looked at.
export const heard = signal<Heard | undefined>(undefined);
export const sound = signal<string | undefined>(undefined);
export const busy = signal(false);
export const problem = signal<string | undefined>(undefined);
/** how loud it is and how long it has been, while it records */
export const recording = signal<{ readonly level: number; readonly seconds: number } | undefined>(undefined);

let current: Promise<Recording> | undefined;
let latest = 0;

/** Shows what comes of a sound, or why nothing does; what was asked before it is forgotten. */
async function hear(model: number, name: string, read: () => Promise<object>): Promise<void> {
  const turn = ++latest;
  batch(() => {
    heard.value = undefined;
    problem.value = undefined;
    sound.value = name;
    busy.value = true;
  });
  try {
    const request = { ...(await read()), model } as Parameters<typeof call<'hear'>>[1];
    const buffer = 'wav' in request ? request.wav.buffer : request.samples.buffer;
    const found = await call('hear', request, { transfer: [buffer as ArrayBuffer] });
    if (turn === latest) heard.value = found;
  } catch (error) {
    if (turn === latest) problem.value = (error as Error).message;
  } finally {
    if (turn === latest) busy.value = false;
  }
}

export const hearFile = (model: number, file: File): Promise<void> =>
  hear(model, file.name, () => readSound(file, file.name));

/** One of the sounds beside the models. */
export const hearExample = (model: number, file: string): Promise<void> =>
  hear(model, file, async () => {
    const url = new URL(`models/${file}`, document.baseURI).href;
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${file} could not be loaded (${response.status}). Reload the page.`);
    keepOffline(url);
    return readSound(await response.blob(), file);
  });

export async function startRecording(model: number): Promise<void> {
  problem.value = undefined;
  recording.value = { level: 0, seconds: 0 };
  try {
    current = record((level, seconds) => {
      if (recording.value === undefined) return;
      recording.value = { level, seconds };
      if (seconds >= LONGEST) void stopRecording(model);
    });
    await current;
  } catch (error) {
    current = undefined;
    recording.value = undefined;
    problem.value = (error as Error).message;
  }
}

export async function stopRecording(model: number): Promise<void> {
  const ending = current;
  if (ending === undefined) return;
  current = undefined;
  recording.value = undefined;
  const recorded = await (await ending).stop();
  const samples = trimmed(recorded.samples, recorded.sampleRate);
  await hear(model, 'what you said', async () => ({ name: 'The recording', ...recorded, samples }));
}
