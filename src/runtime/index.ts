import { UsageError } from '../errors.ts';
import type { Backend } from './backend.ts';
import { webBackend } from './web.ts';

export type { Backend, Executable, HostTensor, TensorData, TensorDType } from './backend.ts';

export { webBackend } from './web.ts';

export interface RuntimeOptions {
  /** default: native when it loads, else wasm */
  readonly device?: 'native' | 'wasm';
  /** threads; default: native all cores, wasm what onnxruntime-web chooses (half of them, at most 4) */
  readonly threads?: number;
  /** told, in one line, when native was looked for and wasm is used instead */
  readonly onFallback?: (message: string) => void;
}

/**
 * The backend to compute with.
 *
 * @throws UsageError when `device` is native and onnxruntime-node does not load
 */
export async function openRuntime(options: RuntimeOptions = {}): Promise<Backend> {
  if (options.device === 'wasm') return webBackend(options);
  try {
    const { nativeBackend } = await import('./native.ts');
    return await nativeBackend(options);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    if (options.device === 'native') {
      throw new UsageError(
        `device native, but onnxruntime-node does not load (${reason})`,
        'an installed onnxruntime-node',
        "Install it (npm install onnxruntime-node), or use '--device wasm'.",
      );
    }
    options.onFallback?.(`heed: onnxruntime-node does not load (${reason}); computing on WebAssembly`);
    return webBackend(options);
  }
}
