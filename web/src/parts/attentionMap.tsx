import { visualOrder } from '../bidi.ts';
import type { ModelInfo } from '../calls.ts';
import { showing } from '../tokens.ts';

interface Props {
  readonly source: readonly string[];
  readonly target: readonly string[];
  /** [T][S], 0 to 1; rows may still be missing */
  readonly weights: readonly (readonly number[] | undefined)[];
  readonly selected?: number;
  readonly onSelect?: (row: number) => void;
  readonly label: string;
  readonly subwords?: ModelInfo['subwords'];
}

/** An alignment matrix as in figure 3 of Bahdanau et al. 2015: source across, target down, darker for more. */
export function AttentionMap({ source, target, weights, selected, onSelect, label, subwords }: Props) {
  const [showSource, showTarget] = [showing(subwords?.source), showing(subwords?.target)];
  const sources = source.map(showSource);
  const targets = target.map(showTarget);
  // Columns stand as the text does, which may be from right to left.
  const column = new Map(visualOrder(source).map((s, place) => [s, place]));
  const cell = Math.min(30, Math.max(13, Math.floor(620 / Math.max(source.length, target.length, 1))));
  const size = Math.min(14, Math.max(10, 0.62 * cell));
  const width = (labels: readonly string[]) =>
    Math.ceil(0.62 * size * Math.max(3, ...labels.map((text) => Math.min(24, [...text].length)))) + 10;
  const [left, top] = [width(targets), width(sources)];
  const place = (s: number) => left + cell * (column.get(s) ?? s);
  const [w, h] = [left + cell * source.length + 2, top + cell * target.length + 2];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by key
    <section class="scroll" aria-label={label} tabIndex={0}>
      <svg class="map" viewBox={`0 0 ${w} ${h}`} width={w} height={h} role="img" aria-label={label}>
        <g font-size={size}>
          {sources.map((text, s) => {
            const x = place(s) + cell / 2;
            // A single character stays upright: a turned letter or ideograph is hard to read.
            return [...text].length === 1 ? (
              <text key={s} x={x} y={top - 6} text-anchor="middle">
                {text}
              </text>
            ) : (
              <text key={s} transform={`translate(${x + size * 0.35} ${top - 5}) rotate(-90)`}>
                {text}
              </text>
            );
          })}
        </g>
        {targets.map((text, t) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: a short cut for the mouse; the words above are buttons
          <g
            key={t}
            class={`row${t === selected ? ' chosen' : ''}${onSelect ? ' pickable' : ''}`}
            onClick={() => onSelect?.(t)}
            onMouseEnter={() => onSelect?.(t)}
          >
            <rect class="band" x={0} y={top + cell * t} width={w} height={cell} />
            <text font-size={size} x={left - 5} y={top + cell * (t + 0.5) + size * 0.35} text-anchor="end">
              {text}
            </text>
            {(weights[t] ?? []).map((weight, s) => (
              <rect
                key={s}
                class="cell"
                x={place(s)}
                y={top + cell * t}
                width={cell - 1}
                height={cell - 1}
                fill-opacity={Math.max(0, Math.min(1, weight))}
              >
                <title>{`${sources[s]} → ${text}: ${weight.toFixed(3)}`}</title>
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
