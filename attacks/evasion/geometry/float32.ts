const { fround } = Math;
const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/**
 * A double as a float32, rounded towards `anchor`, itself a float32. So a point between the anchor and a bound stays on
 * the anchor's side of the bound: what was projected in double precision is still in budget and domain afterwards.
 */
export function roundToward(value: number, anchor: number): number {
  const rounded = fround(value);
  if (rounded === value) return rounded;
  return value < anchor ? roundUp(value) : roundDown(value);
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
