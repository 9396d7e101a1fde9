import { sizeOf } from '#base/tensor';
import type { RuleContext } from '../rule.js';
import { scatterAlong } from './scatter.js';

/** Up to this many positions, a product with zeros and ones beats copying the elements of the last axis one by one. */
const FEW_POSITIONS = 128;
const LARGEST_MATRIX = 1 << 20;

/** One axis of an operator's input, and the position in it that each position of the output copies. */
export interface Selection {
  readonly axis: number;
  /** Size of the axis in the input. */
  readonly size: number;
  /** In [0, size), one a position of the output. */
  readonly sources: readonly number[];
}

/** The gradient of y[..., o, ...] = x[..., sources[o], ...]: each position of the input gets what its copies get. */
export function unselect(context: RuleContext, gradient: string, rank: number, selection: Selection): string {
  const { axis, size, sources } = selection;
  const stretch = stretchOf(selection);
  if (stretch !== null) return padAxes(context, gradient, rank, [stretch]);
  const isInjective = new Set(sources).size === sources.length;
  const fits = size * sources.length <= LARGEST_MATRIX;
  const isQuick = fits && axis === rank - 1 && sources.length <= FEW_POSITIONS;
  if (isInjective && !isQuick) return gatherBack(context, gradient, rank, selection);
  if (fits) return multiplyAxis(context, gradient, rank, axis, selectionMatrix(context, selection));
  const shape = shapeWith(context, gradient, axis, size);
  return scatterAlong(context, { shape, rank, axis }, context.builder.integers(sources), gradient);
}

/** What a selection of neighbours in order leaves out on both sides; null for any other. */
export function stretchOf({ axis, size, sources }: Selection): Padding | null {
  const begin = sources[0] ?? 0;
  const isStretch = sources.every((source, o) => source === begin + o);
  return isStretch ? { axis, begin, end: size - begin - sources.length } : null;
}

/** The sizes of a value when the graph runs, but for one axis. */
export function shapeWith({ builder }: RuleContext, value: string, axis: number, size: number): string {
  const before = builder.node('Shape', [value], { end: axis });
  const behind = builder.node('Shape', [value], { start: axis + 1 });
  return builder.node('Concat', [before, builder.integers([size]), behind], { axis: 0 });
}

export interface Padding {
  readonly axis: number;
  readonly begin: number;
  readonly end: number;
}

/** Zeros before and behind; negative amounts cut. */
export function padAxes(context: RuleContext, value: string, rank: number, paddings: readonly Padding[]): string {
  if (paddings.every(({ begin, end }) => begin === 0 && end === 0)) return value;
  const amounts = Array.from({ length: 2 * rank }, () => 0);
  for (const { axis, begin, end } of paddings) {
    amounts[axis] = begin;
    amounts[axis + rank] = end;
  }
  return context.builder.node('Pad', [value, context.builder.integers(amounts)]);
}

/** Where no position is copied twice, each one looks its only copy up; those without one look at a zero behind the end. */
function gatherBack(context: RuleContext, gradient: string, rank: number, { axis, size, sources }: Selection): string {
  const copies = Array.from({ length: size }, () => sources.length);
  sources.forEach((source, o) => (copies[source] = o));
  const isComplete = sources.length === size;
  const padded = isComplete ? gradient : padAxes(context, gradient, rank, [{ axis, begin: 0, end: 1 }]);
  return context.builder.node('Gather', [padded, context.builder.integers(copies)], { axis });
}

function selectionMatrix(context: RuleContext, { size, sources }: Selection): string {
  const shape = [size, sources.length];
  const matrix = new Float32Array(sizeOf(shape));
  sources.forEach((source, o) => (matrix[source * sources.length + o] = 1));
  return context.floats(shape, matrix);
}

/** Multiplies one axis of a value of at least one axis by a matrix [to, from]. */
export function multiplyAxis(context: RuleContext, value: string, rank: number, axis: number, matrix: string): string {
  const { builder } = context;
  if (axis === rank - 1) return builder.node('MatMul', [value, builder.transpose(matrix, [1, 0])]);
  if (axis === rank - 2) return builder.node('MatMul', [matrix, value]);
  const swap = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 2 : i === rank - 2 ? axis : i));
  return builder.transpose(builder.node('MatMul', [matrix, builder.transpose(value, swap)]), swap);
}
