import { FormatError } from '../errors.ts';
import { restoredWeights, storedWeights, type Weight, type WeightType } from './quantization.ts';
import { decodeSafetensors, encodeSafetensors, type TensorMap } from './safetensors.ts';
import { crc32c } from './tfevents.ts';

/** A trained model as one file: all that is needed to predict, and what whoever finds it wants to know. */
export interface Bundle {
  /** YAML */
  readonly recipe: string;
  /** the same with every default, as it was read by recipes' schema of this id (`recipeSchemaId`) */
  readonly parsed?: { readonly schema: string; readonly recipe: unknown };
  /** each codec's JSON, by name */
  readonly tokenizers: Readonly<Record<string, unknown>>;
  /** texts kept to decode with, such as a language model, by name */
  readonly files: Readonly<Record<string, string>>;
  /** the parameters by name */
  readonly parameters: Readonly<Record<string, Weight>>;
  readonly about: BundleAbout;
}

/** What a reader wants to know of a model. */
export interface BundleAbout {
  /** updates it was trained for */
  readonly step?: number;
  /** of the test, or of the validation */
  readonly metrics?: Readonly<Record<string, number>>;
  /** under which the model may be used */
  readonly licence?: string;
  /** who is to be named: makers of the data, say */
  readonly attribution?: string;
  /** program and version that wrote it */
  readonly madeWith?: string;
}

const BUNDLE_FORMAT = 'heed-bundle';
const VERSION = '1';

/**
 * The bytes of a bundle: a safetensors file, which other tools can open, with the rest as texts in its metadata:
 * `recipe` (YAML), `parsed`, `tokenizers`, `files` and `about` (JSON), and a CRC-32C of it all.
 *
 * @param options.weights how the parameters are stored (see `storedWeights`); default float32
 * @throws FormatError for parameters that are not finite
 */
export function encodeBundle(bundle: Bundle, options: { weights?: WeightType } = {}): Uint8Array {
  const { weights = 'float32' } = options;
  const tensors = storedWeights(bundle.parameters, weights);
  const metadata = {
    format: BUNDLE_FORMAT,
    version: VERSION,
    weights,
    recipe: bundle.recipe,
    parsed: JSON.stringify(bundle.parsed ?? null),
    tokenizers: JSON.stringify(bundle.tokenizers),
    files: JSON.stringify(bundle.files),
    about: JSON.stringify(bundle.about),
  };
  return encodeSafetensors(tensors, { ...metadata, checksum: checksum(metadata, tensors) });
}

/**
 * Reads a bundle; its parameters are float32, however they were stored.
 *
 * @param name of the file, for errors
 * @throws FormatError for a file that is no bundle, cut off, changed, or of a version this one does not know
 */
export function decodeBundle(bytes: Uint8Array, name: string): Bundle & { readonly weights: WeightType } {
  // A safetensors header is an object, and only where it is one do the errors about it mean something.
  if (bytes.length < 9 || bytes[8] !== 0x7b) throw noBundle(name, `a file of ${bytes.length} bytes`);
  const { tensors, metadata } = decodeSafetensors(bytes, name);
  if (metadata.format !== BUNDLE_FORMAT) throw noBundle(name, 'a safetensors file');
  if (metadata.version !== VERSION) {
    throw new FormatError(
      `${name}: a bundle of version ${metadata.version}`,
      `version ${VERSION}`,
      'It was written by another version of Heed: use that one, or export the run again with this one.',
    );
  }
  const { checksum: stored, ...rest } = metadata;
  if (stored !== checksum(rest, tensors)) {
    throw damaged(name, 'content that was changed', 'the checksum that was written with it');
  }
  return {
    recipe: rest.recipe,
    ...(rest.parsed !== 'null' && { parsed: parsed(name, rest, 'parsed') as unknown as Bundle['parsed'] }),
    tokenizers: parsed(name, rest, 'tokenizers'),
    files: parsed(name, rest, 'files') as Record<string, string>,
    about: parsed(name, rest, 'about'),
    weights: rest.weights as WeightType,
    parameters: restoredWeights(tensors, name),
  };
}

/** CRC-32C of names, dtypes, shapes, texts and every tensor's own, in hexadecimal; the order of any does not matter. */
function checksum(metadata: Readonly<Record<string, string>>, tensors: TensorMap): string {
  const sorted = <T>(map: Readonly<Record<string, T>>) =>
    Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  const content = [
    sorted(metadata),
    sorted(tensors).map(([name, { dtype, shape, data }]) => {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return [name, dtype, shape, crc32c(bytes)];
    }),
  ];
  return crc32c(new TextEncoder().encode(JSON.stringify(content)))
    .toString(16)
    .padStart(8, '0');
}

function parsed(
  name: string,
  metadata: Readonly<Record<string, string>>,
  key: string,
): Record<string, never> {
  let value: unknown;
  try {
    value = JSON.parse(metadata[key]);
  } catch {}
  if (typeof value === 'object' && value !== null && typeof metadata.recipe === 'string') {
    return value as Record<string, never>;
  }
  throw damaged(name, `a bundle without its ${key}`, 'recipe, tokenizers, files and about');
}

const noBundle = (name: string, arrived: string): FormatError =>
  new FormatError(
    `${name}: ${arrived} that is no bundle`,
    "a model written by 'heed export'",
    'Check the path, or export a run first.',
  );

const damaged = (name: string, arrived: string, expected: string): FormatError =>
  new FormatError(`${name}: ${arrived}`, expected, 'The file is damaged: take another copy of it.');
