/**
 * Runs compiled programs. A backend turns ONNX bytes into an executable; two exist, native (onnxruntime-node) and
 * wasm (onnxruntime-web), and both keep this contract (test/runtime/conformance.test.ts).
 */
import { FormatError } from '../errors.ts';

export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;
export type TensorDType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool';

/** A tensor in host memory, row-major. `data` may be a view into a larger buffer. */
export interface HostTensor {
  readonly dtype: TensorDType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface Executable {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * Computes outputs from inputs. An output given in `into` is written there and nowhere else; `fetch` limits which
   * outputs come back (default: all).
   *
   * @throws FormatError naming an input that is missing (others may be given and are not read) or an unknown output
   */
  run(
    feeds: Readonly<Record<string, HostTensor>>,
    options?: { fetch?: readonly string[]; into?: Readonly<Record<string, HostTensor>> },
  ): Promise<Record<string, HostTensor>>;
  /** Frees the session. Running it afterwards is an error. */
  dispose(): Promise<void>;
}

export interface Backend {
  readonly name: 'native' | 'wasm';
  /** @param bytes an ONNX model */
  load(bytes: Uint8Array): Promise<Executable>;
}

/** What the two runtimes have in common: the sessions and tensors of onnxruntime-common. */
export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
  dispose(): void;
}
interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: never, fetches: never): Promise<Record<string, unknown>>;
  release(): Promise<void>;
}
interface OrtModule {
  readonly Tensor: new (type: never, data: never, dims: readonly number[]) => unknown;
}

/**
 * Wraps a session of either runtime.
 *
 * @param writesInto the runtime writes an output into the array of a tensor it is given for it. onnxruntime-web
 *   takes such a tensor and leaves it as it was (microsoft/onnxruntime#25786), so there the output is copied.
 */
export function executable(
  ort: OrtModule,
  session: OrtSession,
  { writesInto }: { writesInto: boolean },
): Executable {
  const { inputNames, outputNames } = session;
  let open = true;
  const tensor = (t: HostTensor) => new ort.Tensor(t.dtype as never, t.data as never, t.shape);
  return {
    inputs: inputNames,
    outputs: outputNames,
    async run(feeds, { fetch = outputNames, into = {} } = {}) {
      if (!open) throw new FormatError('a program that was disposed of', 'an open one', 'Load it again.');
      const ortFeeds: Record<string, unknown> = {};
      for (const name of inputNames) {
        const feed = feeds[name];
        if (feed === undefined) {
          const given = Object.keys(feeds).join(', ') || 'none';
          throw new FormatError(
            `inputs ${given}`,
            `an input '${name}' too`,
            'Feed every input of the program.',
          );
        }
        ortFeeds[name] = tensor(feed);
      }
      const fetches: Record<string, unknown> = {};
      for (const name of fetch) {
        if (!outputNames.includes(name)) {
          throw new FormatError(`output '${name}'`, `one of ${outputNames.join(', ')}`, 'Check the name.');
        }
        fetches[name] = writesInto && into[name] !== undefined ? tensor(into[name]) : null;
      }
      const results = await session.run(ortFeeds as never, fetches as never);
      const found: Record<string, HostTensor> = {};
      for (const name of fetch) {
        const t = results[name] as OrtTensor;
        if (!writesInto) into[name]?.data.set(t.data as never);
        found[name] = into[name] ?? {
          dtype: t.type as TensorDType,
          shape: t.dims,
          data: t.data as TensorData,
        };
      }
      return found;
    },
    async dispose() {
      if (!open) return;
      open = false;
      await session.release();
    },
  };
}
