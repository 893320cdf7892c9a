import type { Picture } from './picture.ts';
import { PNG_CHANNELS, type PngChunks } from './pngChunks.ts';

/**
 * What writes the pixels of a row (packed as in the file) into a picture: row y, columns x, x + dx, …, as 8 bits of
 * red, green and blue; transparency over white.
 */
export function pngRowWriter(
  chunks: PngChunks,
  { width, data }: Picture,
): (line: Uint8Array, y: number, x: number, dx: number) => void {
  const { depth, colour } = chunks.header;
  const channels = PNG_CHANNELS[colour];
  const sample = sampleReader(depth);
  const pixel = pixelOf(chunks);
  const samples = [0, 0, 0, 0];
  const asStored = colour === 2 && depth === 8 && chunks.transparency === undefined;
  return (line, y, x, dx) => {
    const columns = Math.ceil((width - x) / dx);
    let at = (y * width + x) * 3;
    if (asStored && dx === 1) {
      data.set(line, at);
      return;
    }
    for (let i = 0; i < columns; i++, at += 3 * dx) {
      for (let c = 0; c < channels; c++) samples[c] = sample(line, i * channels + c);
      pixel(samples, data, at);
    }
  };
}

/** Sample i of a row. */
function sampleReader(depth: number): (line: Uint8Array, i: number) => number {
  if (depth === 8) return (line, i) => line[i];
  if (depth === 16) return (line, i) => (line[2 * i] << 8) | line[2 * i + 1];
  const mask = (1 << depth) - 1;
  return (line, i) => (line[(i * depth) >> 3] >> (8 - depth - ((i * depth) & 7))) & mask;
}

/** Writes one pixel's samples at a place. */
function pixelOf({
  header,
  palette,
  transparency,
}: PngChunks): (s: number[], to: Uint8Array, at: number) => void {
  const { depth, colour } = header;
  const most = 2 ** depth - 1;
  /** A sample with an opacity of 0 to 1. */
  const over = (value: number, opacity: number) => Math.round(255 * (1 + ((value - most) / most) * opacity));
  /** The one colour that is transparent, by samples. */
  const clear = (i: number) => {
    if (transparency === undefined || transparency.length < 2 * i + 2) return -1;
    return ((transparency[2 * i] << 8) | transparency[2 * i + 1]) & most;
  };
  switch (colour) {
    case 3: {
      const table = paletteOf(palette as Uint8Array, transparency);
      return ([index], to, at) => {
        // A number beyond the palette is an error that decoders show as black.
        for (let c = 0; c < 3; c++) to[at + c] = table[3 * index + c] ?? 0;
      };
    }
    case 0:
    case 4: {
      const hidden = clear(0);
      return ([grey, alpha], to, at) => {
        const opacity = colour === 4 ? alpha / most : grey === hidden ? 0 : 1;
        const value = over(grey, opacity);
        to[at] = value;
        to[at + 1] = value;
        to[at + 2] = value;
      };
    }
    default: {
      const [red, green, blue] = [clear(0), clear(1), clear(2)];
      return (s, to, at) => {
        const isClear = s[0] === red && s[1] === green && s[2] === blue;
        const opacity = colour === 6 ? s[3] / most : isClear ? 0 : 1;
        for (let c = 0; c < 3; c++) to[at + c] = over(s[c], opacity);
      };
    }
  }
}

/** A palette's colours over white. */
function paletteOf(palette: Uint8Array, opacities?: Uint8Array): Uint8Array {
  return palette.map((value, i) => {
    const opacity = (opacities?.[Math.floor(i / 3)] ?? 255) / 255;
    return Math.round(255 + (value - 255) * opacity);
  });
}
