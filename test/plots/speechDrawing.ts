import { rampColour } from '../../src/plots/ramp.ts';
import { type SpeechMap, speechSvg } from '../../src/plots/speechSvg.ts';
import { type Element, elementsOf } from './xml.ts';

/** Colours of the spectrogram, pale to dark. */
export const ramp16 = Array.from({ length: 16 }, (_, level) => rampColour(level / 15));

const tokens = ['one', 'New York', '</s>'];
export const weights = [
  [0.9, 0.1, 0, 0],
  [0.02, 0.3, 0.68, 0],
  [0, 0.01, 0.05, 0.94],
];
export const spans = [
  { from: 0, to: 0.3 },
  { from: 0.5, to: 1.1 },
];

/** 16 frames of 0.1 s and 5 channels: `value` says how loud. */
export function sound(
  value = (frame: number, channel: number) => frame - 3 * channel,
  frames = 16,
  channels = 5,
) {
  const data = Float32Array.from({ length: frames * channels }, (_, i) =>
    value(Math.floor(i / channels), i % channels),
  );
  return { data, shape: [frames, channels] as const, frameSeconds: 1.6 / frames };
}

export const map: SpeechMap = { tokens, weights, columnSeconds: 0.4, spectrogram: sound() };

/** A rectangle of one colour, in px. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
  colour: string;
}

/** Colour of what is drawn last over a point. */
export function colourAt(boxes: Box[], x: number, y: number): string | undefined {
  return boxes.findLast((box) => box.left <= x && x < box.right && box.top <= y && y < box.bottom)?.colour;
}

/** Reads a drawing back, from its axis and its paths. */
export class Drawing {
  readonly elements: Element[];
  /** Attention (if there is any to see), spectrogram, scale of weights: runs of cells, in px. */
  readonly rasters: Box[][] = [];
  readonly x: (seconds: number) => number;

  constructor(map: SpeechMap) {
    this.elements = elementsOf(speechSvg(map));
    let place = [0, 0, 1, 1];
    for (const { name, attributes } of this.elements) {
      if (name === 'g' && attributes.transform) {
        place = Array.from(attributes.transform.matchAll(/\d[\d.]*(?:e-\d+)?/g), Number);
        this.rasters.push([]);
      } else if (name === 'path' && /^(M\d+ \d+h\d+|m\d+ 0h\d+)+$/.test(attributes.d)) {
        this.rasters.at(-1)!.push(...runs(attributes.d, place, attributes.stroke));
      }
    }
    this.rasters = this.rasters.filter((boxes) => boxes.length > 0);
    const ticks = this.elements.filter(
      ({ name, text, attributes }) =>
        name === 'text' && attributes['text-anchor'] === 'middle' && /^[\d.]+$/.test(text),
    );
    const [first, last] = [ticks[0], ticks.at(-1)!];
    const [x0, x1] = [Number(first.attributes.x), Number(last.attributes.x)];
    this.x = (seconds) =>
      x0 + ((seconds - Number(first.text)) / (Number(last.text) - Number(first.text))) * (x1 - x0);
  }

  private get rows() {
    return this.elements.filter(
      ({ name, attributes }) => name === 'rect' && attributes['fill-opacity'] === '0',
    );
  }

  rowMiddle(t: number): number {
    const { y, height } = this.rows[t].attributes;
    return Number(y) + Number(height) / 2;
  }

  /** Colour of the spectrogram. @param up from 0, its lower edge, to 1 */
  soundAt(seconds: number, up: number): string {
    const ground = this.elements.find(
      ({ name, attributes }) => name === 'path' && ramp16.includes(attributes.fill),
    )!;
    const [box] = closed(ground.attributes.d, ground.attributes.fill);
    const y = box.bottom + (box.top - box.bottom) * up;
    return colourAt([box, ...this.rasters.flat()], this.x(seconds), y)!;
  }

  get spanPath() {
    const isSpans = ({ attributes: { fill, stroke } }: Element) => fill === '#d55e00' || stroke === '#d55e00';
    return this.elements.find(isSpans)?.attributes as Record<string, string>;
  }

  get spanBoxes(): Box[] {
    return closed(this.spanPath.d, this.spanPath.fill);
  }

  get tooltips(): string[] {
    const at = this.elements.findIndex(({ name, attributes }) => name === 'g' && attributes['font-size']);
    const isRow = ({ name }: Element, i: number) => i > at && name === 'title';
    return this.elements.filter(isRow).map(({ text }) => text);
  }

  get texts(): string[] {
    return this.elements.filter(({ name }) => name === 'text').map(({ text }) => text);
  }

  get fontSize(): number {
    return Number(
      this.elements.find(({ name, attributes }) => name === 'g' && attributes['font-size'])!.attributes[
        'font-size'
      ],
    );
  }

  get width(): number {
    return Number(this.elements[0].attributes.width);
  }

  get height(): number {
    return Number(this.elements[0].attributes.height);
  }
}

/** Strokes one unit thick, under `translate(dx dy) scale(sx sy)`. */
function runs(d: string, [dx, dy, sx, sy]: number[], colour: string): Box[] {
  let [x, y] = [0, 0];
  return Array.from(d.matchAll(/([Mm])(\d+) (\d+)h(\d+)/g), ([, move, toX, toY, length]) => {
    [x, y] = move === 'M' ? [Number(toX), Number(toY)] : [x + Number(toX), y];
    const left = dx + sx * x;
    x += Number(length);
    return { left, right: dx + sx * x, top: dy + sy * (y - 0.5), bottom: dy + sy * (y + 0.5), colour };
  });
}

/** Closed rectangles. */
function closed(d: string, colour: string): Box[] {
  return Array.from(
    d.matchAll(/M([\d.]+) ([\d.]+)H([\d.]+)V([\d.]+)H\1z/g),
    ([, left, top, right, bottom]) => ({
      left: Number(left),
      top: Number(top),
      right: Number(right),
      bottom: Number(bottom),
      colour,
    }),
  );
}
