import { readFileSync } from 'node:fs';

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

const manifest = (): Manifest =>
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Manifest;

export const readVersion = (): string => manifest().version;

/** Versions that a result depends on. Both runtimes are pinned to one version. */
export const versions = (): Record<string, string> => ({
  heed: manifest().version,
  node: process.versions.node,
  onnxruntime: manifest().dependencies['onnxruntime-web'],
});
