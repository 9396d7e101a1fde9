const { abs, fround, max, min } = Math;
const asNumber = Number;
const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

const MOST = (2 - 2 ** -23) * 2 ** 127;

// Both below run for every value of every iterate.

/**
 * A double as a float32, rounded towards `anchor`, itself a float32. So a point between the anchor and a bound stays on
 * the anchor's side of the bound: what was projected in double precision is still in budget and domain afterwards. Where
 * rounding to nearest passed the value, five eighths of a step or more, and less than one and a half, lead back by one.
 */
export function roundToward(value: number, anchor: number): number {
  const rounded = fround(value);
  if (rounded === value) return rounded;
  const offset = value - anchor;
  const passed = asNumber((rounded - value) * offset > 0);
  const side = 2 * asNumber(offset > 0) - 1;
  return fround(rounded - side * passed * (1.25 * 2 ** -24 * abs(rounded) + 1.25 * 2 ** -150));
}

/** A finite value, moved within finite bounds, without branches: for bounds that bind often and unpredictably. */
export function clamped(value: number, least: number, most: number): number {
  const below = asNumber(value < least);
  const above = asNumber(value > most);
  return least * below + most * above + value * (1 - below - above);
}

/** A bound that may be infinite as one that is not. */
export function withinFloat32(bound: number): number {
  return max(min(bound, MOST), -MOST);
}

/** The least float32 that is not below the value. */
export function roundUp(value: number): number {
  const rounded = fround(value);
  return rounded < value ? next(rounded, 1) : rounded;
}

/** The largest float32 that is not above the value. */
export function roundDown(value: number): number {
  const rounded = fround(value);
  return rounded > value ? next(rounded, -1) : rounded;
}

/** The neighbour of a float32, up (1) or down (-1). Bit patterns of one sign are ordered as their values are. */
function next(value: number, direction: 1 | -1): number {
  float[0] = value === 0 ? direction * 2 ** -149 : value;
  if (value !== 0) bits[0] = (bits[0] ?? 0) + (value > 0 ? direction : -direction);
  const [neighbour = NaN] = float;
  return neighbour;
}
