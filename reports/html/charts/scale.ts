/** A linear map from data to the coordinates of a drawing. */
export interface Scale {
  readonly domain: readonly [number, number];
  (value: number): number;
}

export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [low, high] = domain;
  const span = high - low;
  const map = (value: number) =>
    span === 0 ? (range[0] + range[1]) / 2 : range[0] + ((value - low) / span) * (range[1] - range[0]);
  return Object.assign(map, { domain });
}

/** Multiples of 1, 2 or 5 times a power of ten inside [low, high]: `count` of them or somewhat fewer. */
export function niceTicks(low: number, high: number, count: number): number[] {
  if (!(high > low) || count < 1) return [low];
  const step = niceStep((high - low) / count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** The smallest nice number that is at least `value`: where an axis ends. */
export function niceCeiling(value: number, count: number): number {
  if (!(value > 0)) return 1;
  const step = niceStep(value / count);
  return Number((Math.ceil(value / step - 1e-9) * step).toPrecision(12));
}

/** The smallest range between nice numbers that holds [low, high]; around a single value, a range of its size. */
export function niceRange(low: number, high: number, count: number): readonly [number, number] {
  const half = high > low ? 0 : Math.abs(high) / 2 || 1;
  const [from, to] = [low - half, high + half];
  const step = niceStep((to - from) / count);
  const end = (value: number) => Number((value * step).toPrecision(12));
  return [end(Math.floor(from / step + 1e-9)), end(Math.ceil(to / step - 1e-9))];
}

/** The smallest of 1, 2, 5 and 10 times a power of ten that is at least `rough`. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** The values that can carry a label when labels need `gap` between them; the first and the last come first. */
export function thinned(values: readonly number[], scale: Scale, gap: number): number[] {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  const ends = sorted.length > 1 ? [sorted[0] ?? 0, sorted[sorted.length - 1] ?? 0] : sorted;
  const kept: number[] = [];
  for (const value of [...ends, ...sorted]) {
    if (kept.every((other) => Math.abs(scale(other) - scale(value)) >= gap)) kept.push(value);
  }
  return kept.sort((a, b) => a - b);
}
