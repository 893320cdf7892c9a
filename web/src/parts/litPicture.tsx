import { litPicture } from 'heed';
import { useEffect, useRef } from 'preact/hooks';
import type { Described } from '../calls.ts';

interface Props {
  readonly of: Described;
  /** [rows × columns]; default: the picture as it is */
  readonly weights?: Float32Array;
  /** default none: what it is about stands beside it */
  readonly label?: string;
}

/** A picture, as bright as it is where the weight is largest and darker where it is less (Xu et al. 2015, figure 3). */
export function LitPicture({ of: { seen, grid, centres }, weights, label }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const data = weights ? litPicture(seen, weights, { grid, centres }) : seen.data;
    const image = context.createImageData(seen.width, seen.height);
    for (let i = 0; i < data.length; i++) image.data[4 * Math.floor(i / 3) + (i % 3)] = data[i];
    for (let i = 3; i < image.data.length; i += 4) image.data[i] = 255;
    context.putImageData(image, 0, 0);
  }, [seen, grid, centres, weights]);
  const { width, height } = seen;
  if (label === undefined) return <canvas ref={canvas} width={width} height={height} />;
  return <canvas ref={canvas} width={width} height={height} role="img" aria-label={label} />;
}
