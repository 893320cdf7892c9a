import { useEffect, useRef } from 'preact/hooks';

/** A vector as a strip of colours, blue below 0 and orange above, on the scale of its largest number. */
export function Strip({ values, label }: { values: Float32Array; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const most = values.reduce((largest, v) => Math.max(largest, Math.abs(v)), 1e-9);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(values.length, 1);
    for (const [i, value] of values.entries()) {
      const share = value / most;
      const [r, g, b] = share < 0 ? [37, 99, 235] : [217, 119, 6];
      image.data.set([r, g, b, Math.round(255 * Math.abs(share))], 4 * i);
    }
    context.putImageData(image, 0, 0);
  }, [values, most]);
  const first = Array.from(values.slice(0, 6), (v) => v.toFixed(2).replace('-', '−')).join(', ');
  return (
    <figure class="strip">
      <canvas ref={canvas} width={values.length} height={1} role="img" aria-label={label} />
      <figcaption>
        {values.length} numbers: {first}, … (at most {most.toFixed(2)})
      </figcaption>
    </figure>
  );
}
