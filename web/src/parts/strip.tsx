import { useEffect, useRef } from 'preact/hooks';

interface Props {
  readonly values: Float32Array;
  readonly label: string;
  /** what the darkest colour stands for; default: the largest of the numbers */
  readonly scale?: number;
}

export const largest = (values: Float32Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);

/** A vector as a strip of colours, blue below 0 and orange above. */
export function Colours({ values, label, scale = largest(values) }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(values.length, 1);
    for (const [i, value] of values.entries()) {
      const share = Math.max(-1, Math.min(1, value / scale));
      const [r, g, b] = share < 0 ? [37, 99, 235] : [217, 119, 6];
      image.data.set([r, g, b, Math.round(255 * Math.abs(share))], 4 * i);
    }
    context.putImageData(image, 0, 0);
  }, [values, scale]);
  return <canvas ref={canvas} width={values.length} height={1} role="img" aria-label={label} />;
}

/** The same with its first numbers. */
export function Strip({ values, label }: Props) {
  const first = Array.from(values.slice(0, 6), (v) => v.toFixed(2).replace('-', '−')).join(', ');
  return (
    <figure class="strip">
      <Colours values={values} label={label} />
      <figcaption>
        {values.length} numbers: {first}, … (at most {largest(values).toFixed(2)})
      </figcaption>
    </figure>
  );
}
