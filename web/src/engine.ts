import type { PageCalls } from './calls.ts';
import { caller } from './rpc.ts';

/** The worker in which everything is computed, so that the page never waits. */
const worker = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module', name: 'heed' });

export const call = caller<PageCalls>(worker);
