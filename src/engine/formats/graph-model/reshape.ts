import type { NodeContext } from './node-context.js';
import { toChannelsFirst } from './layout.js';
import { describeSizes, isNumber, type Known, type Layout, type Size, type TensorValue } from './value.js';

/** What a Reshape asks for: sizes, -1 for the one that takes the rest, null for what is known when the model runs. */
type Target = readonly (Size | null)[];

/** The shape that a tensor takes, with the rest worked out. */
export function reshapedSizes(context: NodeContext, from: readonly Size[], target: Target): Size[] {
  const rest = target.indexOf(-1);
  if (target.lastIndexOf(-1) !== rest) throw context.broken(`takes the shape ${describeSizes(target)}`);
  if (target.some((size) => isNumber(size) && size < -1))
    throw context.broken(`takes the shape ${describeSizes(target)}`);
  const named = target.map((size) => size ?? context.unknownSize());
  if (rest < 0) {
    requireSameCount(context, from, named);
    return named;
  }
  const others = named.filter((_, axis) => axis !== rest);
  return named.map((size, axis) => (axis === rest ? quotient(context, from, others) : size));
}

function requireSameCount(context: NodeContext, from: readonly Size[], to: readonly Size[]): void {
  if (!from.every(isNumber) || !to.every(isNumber)) return;
  const [had, wanted] = [product(from), product(to)];
  if (had !== wanted) throw context.broken(`makes ${describeSizes(to)} of a tensor ${describeSizes(from)}`);
}

/** The product of sizes over that of others: names cancel out. */
function quotient(context: NodeContext, from: readonly Size[], others: readonly Size[]): Size {
  const left = from.filter((size) => !isNumber(size));
  for (const size of others.filter((other) => !isNumber(other))) {
    const place = left.indexOf(size);
    if (place < 0) return context.unknownSize();
    left.splice(place, 1);
  }
  const [above, below] = [product(from.filter(isNumber)), product(others.filter(isNumber))];
  const number = below === 0 ? 0 : above / below;
  const [name, ...more] = left;
  if (name === undefined && !Number.isInteger(number)) {
    throw context.broken(`makes rows of ${describeSizes(others)} out of a tensor ${describeSizes(from)}`);
  }
  if (name === undefined) return number;
  return more.length === 0 && number === 1 ? name : context.unknownSize();
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a * b, 1);
}

/** A value in another shape. `computed` gives the shape where more than one size is known only when the model runs. */
export function reshape(
  context: NodeContext,
  x: TensorValue,
  target: Target,
  computed: (() => string) | null,
  known: Known | null = x.known,
): TensorValue {
  const { emitter } = context;
  const shape = reshapedSizes(context, x.shape, target);
  const open = shape.filter((size) => !isNumber(size)).length;
  const layout = open > 1 ? null : layoutAfter(x, shape);
  const source = layout === null ? emitter.plain(x) : x;
  if ('constant' in source.source && shape.every(isNumber)) {
    const { constant, name } = source.source;
    return { ...source, shape, source: { constant: emitter.reshaped(constant, shape), name }, known };
  }
  const asItLies = layout === 'channels-first' ? toChannelsFirst(shape.length).map((axis) => shape[axis] ?? 1) : shape;
  if (open > 1 && computed === null) return context.fail(`takes the shape ${describeSizes(shape)} from a computation`);
  const sizes =
    open > 1 && computed !== null
      ? computed()
      : context.integerList(asItLies.map((size) => (isNumber(size) ? size : -1)));
  const allowsZero = shape.includes(0) && open <= 1 ? { allowzero: 1 } : {};
  const facts = { type: x.type, shape, layout: layout ?? 'plain' };
  return { ...context.give('Reshape', [emitter.nameOf(source), sizes], facts, allowsZero), known };
}

/**
 * The layout of a reshaped value where its axes need not be put in TensorFlow's order first: images may have their spatial
 * axes joined and split, and one place of an image is a row. Null where they need.
 */
function layoutAfter({ layout, shape: from }: TensorValue, to: readonly Size[]): Layout | null {
  if (layout === 'plain') return 'plain';
  if (from[0] !== to[0] || from.at(-1) !== to.at(-1)) return null;
  if (to.length > 2) return 'channels-first';
  return to.length === 2 && from.slice(1, -1).every((size) => size === 1) ? 'plain' : null;
}
