const { abs, max, min } = Math;

/**
 * The Euclidean projection of an offset onto the L1 ball of a radius, intersected with a box that holds the origin:
 * `-below[i] <= z[i] <= above[i]`. Exact, and not the same as projecting onto one after the other (Croce & Hein 2021,
 * "Mind the box: l1-APGD for sparse adversarial attacks", arXiv:2103.01208, proposition 2.1; for the ball alone Duchi et
 * al. 2008, "Efficient projections onto the l1-ball").
 *
 * The solution is z_i = sign(u_i) clamp(|u_i| - lambda, 0, room_i), where lambda >= 0 is the least for which the sizes
 * add up to at most the radius. Their sum is piecewise linear in lambda, with knots where a term leaves zero and where
 * it fills its room: the knots are sorted and walked from the largest down.
 *
 * @param offset replaced by its projection
 */
export function projectOntoL1BallAndBox(
  offset: Float64Array,
  radius: number,
  above: Float64Array,
  below: Float64Array,
): void {
  const lambda = shrinkage(offset, radius, above, below);
  for (let i = 0; i < offset.length; i++) {
    const value = offset[i] ?? 0;
    const room = (value > 0 ? above[i] : below[i]) ?? 0;
    const size = min(max(abs(value) - lambda, 0), room);
    offset[i] = value < 0 ? -size : size;
  }
}

function shrinkage(offset: Float64Array, radius: number, above: Float64Array, below: Float64Array): number {
  const starts = new Float64Array(offset.length);
  const fills = new Float64Array(offset.length);
  let growing = 0;
  let filling = 0;
  let sum = 0;
  for (let i = 0; i < offset.length; i++) {
    const value = offset[i] ?? 0;
    const size = abs(value);
    const room = (value > 0 ? above[i] : below[i]) ?? 0;
    if (size > 0) starts[growing++] = size;
    if (size > room) fills[filling++] = size - room;
    sum += min(size, room);
  }
  // Also where the sum is not a number: there is no level to look for.
  if (!(sum > radius)) return 0;
  return levelOf(starts.subarray(0, growing).sort(), fills.subarray(0, filling).sort(), radius);
}

/**
 * The lambda at which the sum of sizes is the radius. Going down from infinity, a term begins to grow at its start and
 * stops at its fill, so between two knots the sum grows by (terms that grow) x (way down).
 *
 * @param starts ascending, above zero
 * @param fills ascending, above zero; terms that never fill their room have none
 */
function levelOf(starts: Float64Array, fills: Float64Array, radius: number): number {
  let nextStart = starts.length - 1;
  let nextFill = fills.length - 1;
  let level = starts[nextStart] ?? 0;
  let growing = 0;
  let sum = 0;
  for (;;) {
    for (; nextStart >= 0 && (starts[nextStart] ?? 0) >= level; nextStart--) growing++;
    for (; nextFill >= 0 && (fills[nextFill] ?? 0) >= level; nextFill--) growing--;
    const knot = max(starts[nextStart] ?? 0, fills[nextFill] ?? 0);
    const reached = sum + growing * (level - knot);
    if (reached >= radius || knot === 0) return growing === 0 ? knot : max(level - (radius - sum) / growing, 0);
    sum = reached;
    level = knot;
  }
}
