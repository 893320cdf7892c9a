import { readFile, realpath } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { extname, join, sep } from 'node:path';
import { serve } from '@hono/node-server';
import { UsageError } from '../errors.ts';
import type { Served } from './app.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.wav': 'audio/wav',
};

/** Reads files of a folder, and none outside it. */
export function folderReader(folder: string): (path: string) => Promise<Served | undefined> {
  return async (path) => {
    if (path.includes('\0')) return undefined;
    try {
      const root = await realpath(folder);
      const file = await realpath(join(root, path));
      if (!file.startsWith(root + sep)) return undefined;
      const type = TYPES[extname(file)] ?? 'application/octet-stream';
      return { bytes: new Uint8Array(await readFile(file)), type };
    } catch {
      return undefined; // not there, or a folder
    }
  };
}

/**
 * Listens on this machine alone.
 *
 * @param port 0 for any that is free
 * @throws UsageError when the port is taken
 */
export function listen(
  app: { fetch(request: Request): Response | Promise<Response> },
  port: number,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, (info: AddressInfo) =>
      resolve({
        url: `http://127.0.0.1:${info.port}/`,
        close: () => new Promise((done) => server.close(() => done())),
      }),
    );
    server.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        new UsageError(
          `port ${port}, which cannot be listened on (${error.code})`,
          'a free port',
          'Choose another with --port, or 0 for any.',
        ),
      ),
    );
  });
}
