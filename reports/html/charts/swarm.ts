/**
 * Where dots of a swarm stand: each at its own x, moved up or down by whole rows until it covers no other. Rows lie a
 * dot apart, the middle one first, so that nothing depends on chance.
 *
 * @param xs in ascending order, in pixels
 * @param height of the lane; a swarm never leaves it
 * @returns how far each dot stands below the middle; null for those for which the lane is full
 */
export function swarm(xs: readonly number[], radius: number, height: number): (number | null)[] {
  const rows = oddBelow(height / (2 * radius));
  const middle = (rows - 1) / 2;
  const order = Array.from({ length: rows }, (_, row) => row).sort(
    (a, b) => Math.abs(a - middle) - Math.abs(b - middle) || a - b,
  );
  const last = new Float64Array(rows).fill(-Infinity);
  return xs.map((x) => {
    const row = order.find((candidate) => x - (last[candidate] ?? Infinity) >= 2 * radius);
    if (row === undefined) return null;
    last[row] = x;
    return (row - middle) * 2 * radius;
  });
}

/** Rows lie around a middle one. */
function oddBelow(count: number): number {
  const whole = Math.max(1, Math.floor(count));
  return whole % 2 === 1 ? whole : whole - 1;
}
