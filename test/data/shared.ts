import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** A path under the shared data folder, undefined where the machine has none. */
export function sharedData(path: string): string | undefined {
  const place = resolve(process.env.HEED_SHARED ?? '../shared', 'data', path);
  return existsSync(place) ? place : undefined;
}
