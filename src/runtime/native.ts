/** Native speed in Node: onnxruntime-node, an optional dependency. */
import type { InferenceSession } from 'onnxruntime-node';
import { type Backend, executable } from './backend.ts';

/**
 * @param threads threads inside an operation; default: as many as there are cores
 * @throws what the import throws when onnxruntime-node is not installed or does not load here
 */
export async function nativeBackend(options: { threads?: number } = {}): Promise<Backend> {
  const ort = await import('onnxruntime-node');
  const { availableParallelism } = await import('node:os');
  const sessionOptions: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: options.threads ?? availableParallelism(),
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
  };
  return {
    name: 'native',
    async load(bytes) {
      const session = await ort.InferenceSession.create(bytes, sessionOptions);
      return executable(ort as never, session as never, { writesInto: true });
    },
  };
}
