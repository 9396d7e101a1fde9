import { isPerSample, reshapeTarget, sameDimension, sameShape, type Shape } from '../graph/shape.js';
import type { RuleContext } from './rule.js';

/**
 * Undoes numpy broadcasting: sums a gradient that has the shape of the broadcast result over the axes along which
 * `target` was repeated, and gives it the shape of `target`.
 */
export function reduceTo(context: RuleContext, gradient: string, from: Shape, target: string): string {
  const to = context.shape(target);
  if (sameShape(from, to)) return gradient;
  const lead = from.length - to.length;
  const axes = from.flatMap((dimension, axis) => {
    const own = to[axis - lead];
    return own === undefined || !sameDimension(own, dimension) ? [axis] : [];
  });
  const summed = axes.length === 0 ? gradient : context.builder.reduceSum(gradient, axes, true);
  if (lead === 0) return summed;
  const sizes = reshapeTarget(to);
  return sizes === null ? context.builder.reshapeLike(summed, target) : context.builder.reshape(summed, sizes);
}

/** The shape of two broadcast operands. */
export function broadcastShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - (rank - a.length)] ?? 1;
    const right = b[axis - (rank - b.length)] ?? 1;
    return left === 1 || (isPerSample(right) && !isPerSample(left)) ? right : left;
  });
}
