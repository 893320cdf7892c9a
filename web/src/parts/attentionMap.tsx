import { shown } from '../tokens.ts';

interface Props {
  readonly source: readonly string[];
  readonly target: readonly string[];
  /** [T][S], 0 to 1; rows may still be missing */
  readonly weights: readonly (readonly number[] | undefined)[];
  readonly selected?: number;
  readonly onSelect?: (row: number) => void;
  readonly label: string;
}

/** An alignment matrix as in figure 3 of Bahdanau et al. 2015: source across, target down, darker for more. */
export function AttentionMap({ source, target, weights, selected, onSelect, label }: Props) {
  const cell = Math.min(30, Math.max(13, Math.floor(620 / Math.max(source.length, target.length, 1))));
  const size = Math.min(14, Math.max(10, 0.62 * cell));
  const width = (tokens: readonly string[]) =>
    Math.ceil(0.62 * size * Math.max(3, ...tokens.map((token) => Math.min(24, [...shown(token)].length)))) +
    10;
  const [left, top] = [width(target), width(source)];
  const [w, h] = [left + cell * source.length + 2, top + cell * target.length + 2];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by key
    <section class="scroll" aria-label={label} tabIndex={0}>
      <svg class="map" viewBox={`0 0 ${w} ${h}`} width={w} height={h} role="img" aria-label={label}>
        <g font-size={size}>
          {source.map((token, s) => {
            const x = left + cell * (s + 0.5);
            // A single character stays upright: a turned letter or ideograph is hard to read.
            return [...shown(token)].length === 1 ? (
              <text key={s} x={x} y={top - 6} text-anchor="middle">
                {shown(token)}
              </text>
            ) : (
              <text key={s} transform={`translate(${x + size * 0.35} ${top - 5}) rotate(-90)`}>
                {shown(token)}
              </text>
            );
          })}
        </g>
        {target.map((token, t) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: a short cut for the mouse; the words above are buttons
          <g
            key={t}
            class={`row${t === selected ? ' chosen' : ''}${onSelect ? ' pickable' : ''}`}
            onClick={() => onSelect?.(t)}
            onMouseEnter={() => onSelect?.(t)}
          >
            <rect class="band" x={0} y={top + cell * t} width={w} height={cell} />
            <text font-size={size} x={left - 5} y={top + cell * (t + 0.5) + size * 0.35} text-anchor="end">
              {shown(token)}
            </text>
            {(weights[t] ?? []).map((weight, s) => (
              <rect
                key={s}
                class="cell"
                x={left + cell * s}
                y={top + cell * t}
                width={cell - 1}
                height={cell - 1}
                fill-opacity={Math.max(0, Math.min(1, weight))}
              >
                <title>{`${shown(source[s])} → ${shown(token)}: ${weight.toFixed(3)}`}</title>
              </rect>
            ))}
          </g>
        ))}
        <rect
          class="frame"
          x={left - 1}
          y={top - 1}
          width={cell * source.length + 1}
          height={cell * target.length + 1}
        />
      </svg>
    </section>
  );
}
