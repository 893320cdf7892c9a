import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { visualOrder } from '../bidi.ts';
import type { ModelInfo } from '../calls.ts';
import { isJoined, showing, shown } from '../tokens.ts';

interface Props {
  readonly source: readonly string[];
  readonly target: readonly string[];
  readonly weights: readonly (readonly number[] | undefined)[];
  readonly selected?: number;
  readonly onSelect: (row: number) => void;
  /** which target tokens somebody chose or steered */
  readonly marked: ReadonlySet<number>;
  readonly subwords?: ModelInfo['subwords'];
}

const HEIGHT = 74;
/** Below this nothing is drawn: many faint ribbons hide the few that matter. */
const LEAST = 0.04;

/** Both sentences, and ribbons between them as thick as the weights; those of the chosen target word stand out. */
export function Ribbons({ source, target, weights, selected, onSelect, marked, subwords }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [places, setPlaces] = useState<{ width: number; source: number[]; target: number[] }>();
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => {
      const { left } = element.getBoundingClientRect();
      const middles = (name: string) =>
        [...element.querySelectorAll<HTMLElement>(`.${name} > *`)].map((token) => {
          const { left: from, width } = token.getBoundingClientRect();
          return from - left + width / 2;
        });
      setPlaces({ width: element.scrollWidth, source: middles('from'), target: middles('to') });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [source, target.length]);
  // As text stands: from right to left where it is written so.
  const order = { from: placesOf(source), to: placesOf(target) };
  const chosen = selected === undefined ? undefined : weights[selected];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by key
    <section class="scroll" aria-label="Both sentences" tabIndex={0}>
      <div class="ribbons" ref={box}>
        <ul class="tokens from" aria-label="Source">
          {source.map((token, s) => (
            <li
              key={s}
              class={`token${joined(token, subwords?.source)}`}
              style={{ '--weight': chosen?.[s] ?? 0, order: order.from.get(s) }}
              title={chosen && `weight ${chosen[s]?.toFixed(3)}`}
            >
              {word(token, subwords?.source)}
            </li>
          ))}
        </ul>
        <svg height={HEIGHT} width={places?.width ?? 0} aria-hidden="true">
          {places?.target.flatMap((x, t) =>
            (weights[t] ?? []).map((weight, s) => {
              const from = places.source[s];
              if (weight < LEAST || from === undefined) return null;
              const bend = HEIGHT / 2;
              return (
                <path
                  key={`${t}-${s}`}
                  class={t === selected ? 'ribbon chosen' : 'ribbon'}
                  d={`M${from} 0C${from} ${bend} ${x} ${bend} ${x} ${HEIGHT}`}
                  stroke-width={1 + 11 * weight}
                  stroke-opacity={
                    (t === selected ? 0.85 : selected === undefined ? 0.4 : 0.1) * Math.sqrt(weight)
                  }
                />
              );
            }),
          )}
        </svg>
        <fieldset class="tokens to" aria-label="What was written; choose a word to see its step">
          {target.map((token, t) => (
            <button
              key={t}
              type="button"
              class={`token${joined(token, subwords?.target)}${marked.has(t) ? ' marked' : ''}`}
              style={{ order: order.to.get(t) }}
              aria-pressed={t === selected}
              onMouseEnter={() => onSelect(t)}
              onFocus={() => onSelect(t)}
              onClick={() => onSelect(t)}
            >
              {word(token, subwords?.target)}
            </button>
          ))}
        </fieldset>
      </div>
    </section>
  );
}

const placesOf = (tokens: readonly string[]): ReadonlyMap<number, number> =>
  new Map(visualOrder(tokens).map((token, place) => [token, place]));

/** The parts of a word touch each other. */
const joined = (token: string, subwords: boolean | undefined): string =>
  subwords && isJoined(token) ? ' joined' : '';

const word = (token: string, subwords: boolean | undefined): string =>
  subwords && isJoined(token) ? shown(token) : showing(subwords)(token);
