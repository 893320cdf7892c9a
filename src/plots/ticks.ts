/** One axis: its range and where its ticks stand. */
export interface Axis {
  from: number;
  to: number;
  ticks: { value: number; label: string }[];
}

/**
 * About `count` ticks at 1, 2 or 5 times a power of ten.
 *
 * @param extend whether the range grows to the next tick on both sides
 */
export function linearAxis(min: number, max: number, count: number, extend: boolean): Axis {
  if (min === max) {
    const room = Math.abs(min) / 10 || 1;
    return linearAxis(min - room, max + room, count, extend);
  }
  const step = niceStep((max - min) / count);
  // Whole multiples of the step: adding it up would pile up rounding errors into the labels.
  const first = extend ? Math.floor(min / step + 1e-9) : Math.ceil(min / step - 1e-9);
  const last = extend ? Math.ceil(max / step - 1e-9) : Math.floor(max / step + 1e-9);
  const values = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  const label = labeller(values, step);
  return {
    from: extend ? first * step : min,
    to: extend ? last * step : max,
    ticks: values.map((value) => ({ value, label: label(value) })),
  };
}

/** Ticks at powers of ten, and at 2 and 5 times those where there are few; the range grows to the next of them. */
export function logAxis(min: number, max: number): Axis {
  const from = grid(Math.log10(min), Math.floor);
  const to = Math.max(grid(Math.log10(max), Math.ceil), from + 1);
  const decades = (to - from) / 3;
  const stride = decades <= 2.5 ? 1 : 3 * Math.ceil(decades / 8);
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => from + i)
    .filter((place) => place % stride === 0)
    .map((place) => ({ value: gridValue(place), label: plain(gridValue(place)) }));
  return { from: gridValue(from), to: gridValue(to), ticks };
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = rough / power;
  return power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
}

/** Places on the grid … 1, 2, 5, 10, 20, 50 …, place 0 being 1. */
function gridValue(place: number): number {
  const decade = Math.floor(place / 3);
  return Number(`${[1, 2, 5][place - 3 * decade]}e${decade}`);
}

function grid(exponent: number, round: (x: number) => number): number {
  const start = 3 * Math.floor(exponent);
  const value = 10 ** exponent;
  const places = [start, start + 1, start + 2, start + 3];
  const near = (place: number) => Math.abs(gridValue(place) / value - 1) < 1e-9;
  if (round === Math.floor)
    return places.findLast((place) => gridValue(place) <= value || near(place)) ?? start;
  return places.find((place) => gridValue(place) >= value || near(place)) ?? start + 3;
}

function labeller(values: number[], step: number): (value: number) => string {
  const largest = Math.max(...values.map(Math.abs));
  if (largest < 1e-3 || largest >= 1e9)
    return (value) => (value === 0 ? '0' : plain(Number(value.toPrecision(6))));
  const [unit, suffix] = largest >= 1e6 ? [1e6, 'M'] : largest >= 1e4 ? [1e3, 'k'] : [1, ''];
  const decimals = Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9));
  return (value) => (value === 0 ? '0' : `${(value / unit).toFixed(decimals)}${suffix}`);
}

function plain(value: number): string {
  return Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5
    ? String(value)
    : value.toExponential().replace('e+', 'e');
}
