import { useEffect, useRef, useState } from 'preact/hooks';
import type { Pixels } from '../calls.ts';
import { paper, pixelsOf } from '../pictures/read.ts';

/** As the drawings of the toolkit have them. */
const COLOURS = {
  red: '#d72828',
  green: '#28a03c',
  blue: '#2d55d7',
  yellow: '#f0cd28',
  purple: '#913caf',
  black: '#1e1e1e',
} as const;

interface Props {
  /** of what the model reads */
  readonly width: number;
  readonly height: number;
  readonly colours: boolean;
  /** after each stroke */
  readonly onDrawn: (pixels: Pixels) => void;
}

/** Pixels of the pad a pixel that the model reads. */
const times = (height: number) => Math.max(1, Math.round(192 / height));

/** Paper to draw on, by mouse, pen or finger. */
export function Pad({ width, height, colours, onDrawn }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [colour, setColour] = useState<keyof typeof COLOURS>(colours ? 'red' : 'black');
  const drawing = useRef<number | undefined>(undefined);
  const scale = times(height);
  const clear = () => {
    if (canvas.current) paper(canvas.current);
  };
  useEffect(clear, [width, height]);
  const place = (event: PointerEvent): [x: number, y: number] => {
    const element = event.currentTarget as HTMLCanvasElement;
    const box = element.getBoundingClientRect();
    return [
      ((event.clientX - box.left) * element.width) / box.width,
      ((event.clientY - box.top) * element.height) / box.height,
    ];
  };
  const stroke = (event: PointerEvent) => {
    const context = canvas.current?.getContext('2d');
    if (!context || drawing.current !== event.pointerId) return;
    const [x, y] = place(event);
    context.lineTo(x, y);
    context.stroke();
  };
  const begin = (event: PointerEvent) => {
    const context = canvas.current?.getContext('2d');
    if (!context || event.button !== 0) return;
    canvas.current?.setPointerCapture(event.pointerId);
    drawing.current = event.pointerId;
    context.strokeStyle = COLOURS[colour];
    context.lineCap = 'round';
    context.lineJoin = 'round';
    // Digits are written with a pen, shapes filled with a brush.
    context.lineWidth = (colours ? 0.11 : 0.08) * height * scale;
    context.beginPath();
    context.moveTo(...place(event));
    stroke(event);
  };
  const end = (event: PointerEvent) => {
    if (drawing.current !== event.pointerId) return;
    drawing.current = undefined;
    if (canvas.current) onDrawn(pixelsOf(canvas.current));
  };
  return (
    <div class="pad">
      <canvas
        ref={canvas}
        width={width * scale}
        height={height * scale}
        role="img"
        aria-label="Paper to draw on with a mouse, a pen or a finger"
        onPointerDown={begin}
        onPointerMove={stroke}
        onPointerUp={end}
        onPointerCancel={end}
      />
      <div class="buttons">
        {colours && (
          <fieldset class="colours">
            <legend class="hidden">Colour</legend>
            {Object.entries(COLOURS).map(([name, value]) => (
              <label key={name} title={name}>
                <input
                  type="radio"
                  name="colour"
                  aria-label={name}
                  checked={name === colour}
                  onChange={() => setColour(name as keyof typeof COLOURS)}
                />
                <span style={{ '--colour': value }} />
              </label>
            ))}
          </fieldset>
        )}
        <button type="button" class="small" onClick={clear}>
          New sheet
        </button>
      </div>
    </div>
  );
}
