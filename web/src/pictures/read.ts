import type { Pixels } from '../calls.ts';

/** Pixels of the longer side that are kept: more than any model of a page reads. */
const LONGEST = 512;
/** More is not decoded: four bytes each, for a moment. */
const MOST_PIXELS = 64e6;

/**
 * A picture file of any kind that the browser knows, made small, turned as its camera says.
 *
 * @throws Error for one that cannot be read or is too large
 */
export async function readPicture(file: Blob, name: string): Promise<Pixels> {
  const url = URL.createObjectURL(file);
  try {
    const image = await loaded(url, name);
    const { naturalWidth: width, naturalHeight: height } = image;
    if (width * height > MOST_PIXELS) {
      throw new Error(
        `${name} has ${width} × ${height} pixels; at most ${MOST_PIXELS / 1e6} million fit this page. Make it smaller before.`,
      );
    }
    const scale = Math.min(1, LONGEST / Math.max(width, height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = paper(canvas);
    context.imageSmoothingQuality = 'high';
    // An image element, not a bitmap: it is decoded when it is drawn, and no larger than that needs.
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return pixelsOf(canvas);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function loaded(url: string, name: string): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    const refuse = () =>
      reject(
        new Error(
          `${name} is no picture that this browser can read, or is damaged; expected PNG, JPEG, WebP or the like. Choose another.`,
        ),
      );
    image.onload = () => (image.naturalWidth > 0 ? resolve(image) : refuse());
    image.onerror = refuse;
    image.src = url;
  });
}

/** A canvas all white, so that what is transparent is white as well. */
export function paper(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('This browser cannot draw. Try another.');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  return context;
}

export function pixelsOf(canvas: HTMLCanvasElement): Pixels {
  const { width, height } = canvas;
  const rgba = canvas.getContext('2d')?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray(0);
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < data.length; i++) data[i] = rgba[4 * Math.floor(i / 3) + (i % 3)];
  return { width, height, data };
}
