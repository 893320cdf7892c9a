import { signal } from '@preact/signals';
import type { ModelInfo } from './calls.ts';
import { call } from './engine.ts';
import type { ViewId } from './views.ts';

/** A model that comes with the page: a line of models/models.json. */
export interface ShippedModel {
  readonly file: string;
  readonly name: string;
  /** which view it is for */
  readonly view: Exclude<ViewId, 'train'>;
  /** texts; of sounds and pictures files beside the model; of stories sentences and then a question, a line each */
  readonly examples: readonly string[];
  /** of the data that it was trained on, as their licence asks */
  readonly attribution?: string;
  readonly bytes: number;
}

export const shipped = signal<readonly ShippedModel[] | undefined>(undefined);
export const opened = signal<Readonly<Record<string, ModelInfo>>>({});

export async function loadList(): Promise<void> {
  const response = await fetch('models/models.json').catch(() => undefined);
  shipped.value = response?.ok ? ((await response.json()) as ShippedModel[]) : [];
}

const opening = new Map<string, Promise<ModelInfo>>();

/** Opens a shipped model, once. */
export function openShipped(model: ShippedModel): Promise<ModelInfo> {
  let promise = opening.get(model.file);
  if (promise === undefined) {
    const url = new URL(`models/${model.file}`, document.baseURI).href;
    promise = call('open', { name: model.name, url });
    promise.then(
      (info) => {
        opened.value = { ...opened.value, [model.file]: info };
        keepOffline(url);
      },
      () => opening.delete(model.file),
    );
    opening.set(model.file, promise);
  }
  return promise;
}

/** What was loaded before there was a service worker to keep it is asked for again when there is one. */
export function keepOffline(url: string): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  const keep = async () => {
    if ((await caches.match(url)) === undefined) await fetch(url);
  };
  const { serviceWorker } = navigator;
  // It may have taken over while the file was being loaded: only its cache tells whether it kept it.
  if (serviceWorker.controller) keep().catch(() => {});
  else serviceWorker.addEventListener('controllerchange', () => keep().catch(() => {}), { once: true });
}

/** Models that came by file or by training, newest last. */
export const own = signal<readonly ModelInfo[]>([]);

export async function openFile(file: File): Promise<ModelInfo> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const info = await call(
    'open',
    { name: file.name.replace(/\.heed$/, ''), bytes },
    { transfer: [bytes.buffer] },
  );
  own.value = [...own.value, info];
  return info;
}
