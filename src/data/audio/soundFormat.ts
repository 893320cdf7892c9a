/** First bytes of other kinds of file, with their offset: as text, or in hexadecimal after `0x`. */
const SIGNATURES: readonly [offset: number, bytes: string, kind: string][] = [
  [0, 'ID3', 'MP3 (it begins with an ID3 tag)'],
  [0, 'OggS', 'Ogg (Vorbis or Opus)'],
  [0, 'fLaC', 'FLAC'],
  [0, 'FORM', 'AIFF'],
  [0, '.snd', 'Sun AU'],
  [0, 'NIST_1A', 'NIST SPHERE'],
  [0, 'caff', 'Core Audio'],
  [0, 'wvpk', 'WavPack'],
  [0, '#!AMR', 'AMR'],
  [0, 'RIFX', 'a big-endian RIFF file'],
  [0, 'RF64', 'an RF64 file, a WAV for more than 4 GiB'],
  [0, 'BW64', 'a BW64 file, a WAV for more than 4 GiB'],
  [4, 'ftyp', 'MP4 or M4A'],
  [0, '0x1a45dfa3', 'WebM or Matroska'],
  [0, '0x3026b275', 'Windows Media'],
  [0, '0x1f8b', 'gzip'],
  [0, 'PK', 'a zip archive'],
];

/** What the bytes look like when they are no WAV file, as far as the first ones tell. */
export function describeSound(bytes: Uint8Array): string {
  for (const [offset, signature, kind] of SIGNATURES) {
    if (startsWith(bytes, offset, signature)) return `looks like ${kind}`;
  }
  if (startsWith(bytes, 0, 'RIFF')) {
    if (bytes.length < 12) return `breaks off within its first header, after ${bytes.length} bytes`;
    return `is a RIFF file of the kind ${JSON.stringify(latin1(bytes.subarray(8, 12)))}`;
  }
  // MPEG frames begin with eleven ones; layer 0 is what AAC in ADTS frames has.
  if (bytes[0] === 0xff && (bytes[1] & 0xe0) === 0xe0) {
    return (bytes[1] & 0x06) === 0 ? 'looks like AAC' : 'looks like MP3';
  }
  return `begins with ${JSON.stringify(latin1(bytes.subarray(0, 4)))}`;
}

const startsWith = (bytes: Uint8Array, offset: number, signature: string): boolean => {
  const expected = signature.startsWith('0x')
    ? (signature.slice(2).match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16))
    : Array.from(signature, (character) => character.charCodeAt(0));
  return expected.every((byte, i) => bytes[offset + i] === byte);
};

/** One character a byte. */
export const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
