/** Everywhere else, and in Node where the native runtime is not installed: onnxruntime-web on WebAssembly. */
import type { InferenceSession } from 'onnxruntime-web';
import { type Backend, executable } from './backend.ts';

/**
 * @param threads WebAssembly threads; in a browser more than one needs a cross-origin isolated page. They are set
 * for the whole process by whoever comes first. Default: what onnxruntime-web chooses.
 * @param files folder, as a URL ending in /, from which a page serves onnxruntime-web's own ort-wasm-*.mjs and .wasm;
 * default: where onnxruntime-web was loaded from
 */
export async function webBackend(options: { threads?: number; files?: string } = {}): Promise<Backend> {
  const ort = await import('onnxruntime-web');
  if (options.files !== undefined) ort.env.wasm.wasmPaths = options.files;
  if (options.threads !== undefined) ort.env.wasm.numThreads = options.threads;
  ort.env.logLevel = 'error';
  const sessionOptions: InferenceSession.SessionOptions = {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  };
  return {
    name: 'wasm',
    async load(bytes) {
      const session = await ort.InferenceSession.create(bytes, sessionOptions);
      return executable(ort as never, session as never, { writesInto: false });
    },
  };
}
