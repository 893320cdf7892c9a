import { type Backend, webBackend } from 'heed';
import type { Place } from '../calls.ts';

/** Threads share memory, which browsers allow only to pages that no other page can reach into. */
export const place: Place = {
  isolated: self.crossOriginIsolated,
  threads: self.crossOriginIsolated ? Math.max(1, Math.min(4, navigator.hardwareConcurrency ?? 1)) : 1,
};

let opened: Promise<Backend> | undefined;

/** The runtime, loaded when it is first needed: it is by far the largest part of the page. */
export function backend(): Promise<Backend> {
  opened ??= webBackend({
    threads: place.threads,
    files: new URL(/* @vite-ignore */ '../runtime/', import.meta.url).href,
  });
  return opened;
}
