export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly dots?: boolean;
}

const [W, H, LEFT, BOTTOM] = [560, 220, 46, 26];

/** Losses over steps; the vertical axis is logarithmic. */
export function Curve({ series, label }: { series: readonly Series[]; label: string }) {
  const all = series.flatMap(({ points }) => points).filter(([, y]) => y > 0);
  const steps = Math.max(1, ...all.map(([x]) => x));
  const low = Math.log10(Math.min(1, ...all.map(([, y]) => y)) * 0.9);
  const high = Math.log10(Math.max(1, ...all.map(([, y]) => y)) * 1.1);
  const x = (step: number) => LEFT + ((W - LEFT - 8) * step) / steps;
  const y = (value: number) =>
    8 + ((H - BOTTOM - 8) * (high - Math.log10(value))) / Math.max(1e-6, high - low);
  const ticks = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10].filter(
    (value) => Math.log10(value) >= low && Math.log10(value) <= high,
  );
  return (
    <svg class="curve" viewBox={`0 0 ${W} ${H}`} role="img" aria-label={label}>
      {ticks.map((value) => (
        <g key={value}>
          <line class="grid" x1={LEFT} x2={W - 8} y1={y(value)} y2={y(value)} />
          <text x={LEFT - 6} y={y(value) + 4} text-anchor="end">
            {value}
          </text>
        </g>
      ))}
      <text x={LEFT} y={H - 6}>
        0
      </text>
      <text x={W - 8} y={H - 6} text-anchor="end">
        step {steps.toLocaleString('en')}
      </text>
      {series.map(({ name, points, dots }, i) => {
        const drawn = points.filter(([, value]) => value > 0);
        return (
          <g key={name} class={`series s${i}`}>
            <polyline points={drawn.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(' ')} />
            {dots && drawn.map(([px, py]) => <circle key={px} cx={x(px)} cy={y(py)} r={3} />)}
            <text x={LEFT + 10 + 130 * i} y={18}>
              {name}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
