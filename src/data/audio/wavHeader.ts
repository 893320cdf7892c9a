import { DataError } from '../../errors.ts';
import { checkSampleRate } from './checks.ts';
import { describeSound, latin1 } from './soundFormat.ts';

export type WavEncoding = 'pcm' | 'float' | 'mu-law' | 'A-law';

export interface WavHeader {
  encoding: WavEncoding;
  channels: number;
  /** Hz. */
  sampleRate: number;
  /** Of one sample of one channel: 8, 16, 24, 32 or 64. */
  bits: number;
  /** Where the sound lies in the file: offset, and samples of each channel. */
  offset: number;
  frames: number;
}

const ENCODINGS: Record<number, { encoding: WavEncoding; bits: readonly number[] }> = {
  1: { encoding: 'pcm', bits: [8, 16, 24, 32] },
  3: { encoding: 'float', bits: [32, 64] },
  6: { encoding: 'A-law', bits: [8] },
  7: { encoding: 'mu-law', bits: [8] },
};

/** Some codes that Heed does not decode, for the error. */
const OTHER_CODES: Record<number, string> = {
  2: 'Microsoft ADPCM',
  17: 'IMA ADPCM',
  49: 'GSM 6.10',
  80: 'MPEG',
  85: 'MP3',
  255: 'AAC',
  353: 'Windows Media Audio',
};

const EXTENSIBLE = 0xfffe;

/** Bytes 2 to 15 of a sub-format GUID whose first two are a format code (KSDATAFORMAT_SUBTYPE). */
const GUID_TAIL = '\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71';

/**
 * Reads the chunks of a RIFF WAVE file up to the sound. Sizes that programs leave open when they write to a pipe (0,
 * 0xffffffff and near, SoX's 0x7ffff000) stand for the rest of the file.
 *
 * @param name of the file: errors begin with it
 * @throws DataError for whatever `decodeWav` refuses, values of samples aside
 */
export function readWavHeader(bytes: Uint8Array, name: string): WavHeader {
  if (bytes.length === 0) throw foreign(name, 'is an empty file (0 bytes)');
  if (
    bytes.length < 12 ||
    latin1(bytes.subarray(0, 4)) !== 'RIFF' ||
    latin1(bytes.subarray(8, 12)) !== 'WAVE'
  ) {
    throw foreign(name, describeSound(bytes));
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const riffSize = view.getUint32(4, true);
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const id = latin1(bytes.subarray(at, at + 4));
    const size = view.getUint32(at + 4, true);
    at += 8;
    if (id === 'data') {
      if (!format) throw damaged(name, 'has sound before a "fmt " chunk that describes it');
      const open = size >= 0xffffff00 || size === SOX_OPEN || (size === 0 && RIFF_OPEN.includes(riffSize));
      return { ...format, offset: at, frames: framesOf(name, size, bytes.length - at, format, open) };
    }
    if (at + size > bytes.length) {
      throw damaged(
        name,
        `promises a ${JSON.stringify(id)} chunk of ${size} bytes and has ${bytes.length - at}`,
      );
    }
    if (id === 'fmt ') format = readFormat(new DataView(bytes.buffer, bytes.byteOffset + at, size), name);
    // Chunks begin at even offsets.
    at += size + (size % 2);
  }
  throw damaged(name, `has no ${format ? 'data' : '"fmt "'} chunk in its ${bytes.length} bytes`);
}

type Format = Omit<WavHeader, 'offset' | 'frames'>;

function readFormat(chunk: DataView, name: string): Format {
  if (chunk.byteLength < 16)
    throw damaged(name, `has a "fmt " chunk of ${chunk.byteLength} bytes, not 16 or more`);
  const code = formatCode(chunk, name);
  const channels = chunk.getUint16(2, true);
  const sampleRate = chunk.getUint32(4, true);
  const blockAlign = chunk.getUint16(12, true);
  const bits = chunk.getUint16(14, true);
  const known = ENCODINGS[code];
  if (!known) {
    throw new DataError(
      `${name} has sound of format code ${code}${code in OTHER_CODES ? ` (${OTHER_CODES[code]})` : ''}`,
      'PCM (1), float (3), A-law (6) or mu-law (7)',
      'Convert it to 16-bit PCM.',
    );
  }
  checkSampleRate(sampleRate, `${name} has a sample rate`);
  if (channels === 0) throw damaged(name, 'has 0 channels');
  if (!known.bits.includes(bits)) {
    throw new DataError(
      `${name} has ${known.encoding} samples of ${bits} bits`,
      `${known.bits.join(', ').replace(/, (\d+)$/, ' or $1')} bits`,
      'Convert it to 16-bit PCM.',
    );
  }
  if (blockAlign !== (channels * bits) / 8) {
    throw damaged(
      name,
      `has ${blockAlign} bytes for one sample of each channel, and ${channels} channels of ${bits} bits`,
    );
  }
  return { encoding: known.encoding, channels, sampleRate, bits };
}

function formatCode(chunk: DataView, name: string): number {
  const code = chunk.getUint16(0, true);
  if (code !== EXTENSIBLE) return code;
  if (chunk.byteLength < 40)
    throw damaged(name, `has an extensible format of ${chunk.byteLength} bytes, not 40`);
  const guid = new Uint8Array(chunk.buffer, chunk.byteOffset + 24, 16);
  if (latin1(guid.subarray(2)) === GUID_TAIL) return chunk.getUint16(24, true);
  throw new DataError(
    `${name} has sound of the sub-format ${Array.from(guid, (byte) => byte.toString(16).padStart(2, '0')).join('')}`,
    'PCM, float, A-law or mu-law',
    'Convert it to 16-bit PCM.',
  );
}

/** RIFF sizes of files whose writer could not go back to fill them in, and the size of sound that SoX writes then. */
const RIFF_OPEN: readonly number[] = [0, 0xffffffff];
const SOX_OPEN = 0x7ffff000;

/**
 * Samples of each channel.
 *
 * @param size bytes that the data chunk promises
 * @param there bytes after its header
 * @param open whether the size stands for all that is there
 */
function framesOf(name: string, size: number, there: number, format: Format, open: boolean): number {
  const { channels, bits } = format;
  const frameBytes = (channels * bits) / 8;
  const rest = open && size !== there;
  if (size > there && !rest) {
    throw damaged(name, `promises ${size} bytes of sound and has ${there}`);
  }
  // A stream may break off anywhere; where the length was written, it is the length of whole samples.
  const frames = (rest ? there - (there % frameBytes) : size) / frameBytes;
  if (frames === 0) {
    throw new DataError(`${name} holds 0 samples`, 'at least one', 'Leave it out, or record it again.');
  }
  if (!Number.isInteger(frames)) {
    throw damaged(name, `has ${size} bytes of sound, ${channels} channels of ${bits} bits`);
  }
  return frames;
}

const foreign = (name: string, what: string) =>
  new DataError(`${name} ${what}`, 'a WAV file (RIFF, WAVE)', 'Convert it to 16-bit PCM WAV.');

const damaged = (name: string, what: string) =>
  new DataError(`${name} ${what}`, 'a whole and consistent WAV file', 'Copy it again, or convert it anew.');
