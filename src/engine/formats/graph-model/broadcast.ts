import type { NodeContext } from './node-context.js';
import { toChannelsFirst } from './layout.js';
import {
  areNumbers,
  describeSizes,
  isNumber,
  MOST_KNOWN,
  type Known,
  type Layout,
  type Size,
  type TensorValue,
} from './value.js';

/** The shape that values of these shapes are stretched to. */
export function broadcastShape(context: NodeContext, shapes: readonly (readonly Size[])[]): Size[] {
  const rank = Math.max(...shapes.map(({ length }) => length), 0);
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return sizes.reduce((a, b) => meet(context, a, b, shapes));
  });
}

function meet(context: NodeContext, a: Size, b: Size, shapes: readonly (readonly Size[])[]): Size {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  if (isNumber(a) && isNumber(b)) throw context.broken(`joins the shapes ${shapes.map(describeSizes).join(' and ')}`);
  if (isNumber(a)) return a;
  return isNumber(b) ? b : context.unknownSize();
}

/**
 * Values in one layout, so that an elementwise operator of ONNX can take them: channels first where the largest of them
 * lies so, since the smaller ones are cheaper to turn.
 */
export function aligned(
  context: NodeContext,
  values: readonly TensorValue[],
): { readonly names: string[]; readonly layout: Layout; readonly shape: Size[] } {
  const shape = broadcastShape(
    context,
    values.map((value) => value.shape),
  );
  const isFirst = values.some((value) => value.layout === 'channels-first' && value.shape.length === shape.length);
  const layout = isFirst ? 'channels-first' : 'plain';
  return { names: values.map((value) => nameIn(context, value, layout, shape.length)), layout, shape };
}

function nameIn(context: NodeContext, value: TensorValue, layout: Layout, rank: number): string {
  const { emitter } = context;
  const isOne = value.shape.every((size) => size === 1);
  if (layout === 'plain' || isOne) return isOne ? emitter.nameOf(value) : emitter.plainName(value);
  if (value.shape.length === rank) return emitter.nameOf(emitter.channelsFirst(value));
  const plain = emitter.plain(value);
  const missing = Array.from({ length: rank - value.shape.length }, (_, axis) => axis);
  if ('constant' in plain.source) {
    const full = [...missing.map(() => 1), ...plain.source.constant.shape];
    const order = toChannelsFirst(rank);
    return emitter.weight(
      plain,
      order,
      order.map((axis) => full[axis] ?? 1),
      full,
    );
  }
  const full = context.step('Unsqueeze', [emitter.nameOf(plain), context.integerList(missing)]);
  return context.step('Transpose', [full], { perm: toChannelsFirst(rank) });
}

/** Elements of what an elementwise function gives, as far as they are known; null where they are many. */
export function knownElements(
  values: readonly TensorValue[],
  shape: readonly Size[],
  evaluate: (a: Size, b: Size, c: Size) => Size | null,
): Known | null {
  if (!areNumbers(shape)) return null;
  const count = shape.reduce((product, size) => product * size, 1);
  if (count > MOST_KNOWN || values.some(({ known, shape: own }) => known === null || !areNumbers(own))) return null;
  return Array.from({ length: count }, (_, index) => {
    const [a = null, b = a, c = a] = values.map(
      (value) => value.known?.[sourceIndex(index, shape, value.shape)] ?? null,
    );
    return a === null || b === null || c === null ? null : evaluate(a, b, c);
  });
}

/** Where the element of a stretched shape comes from, both row-major. */
function sourceIndex(index: number, shape: readonly number[], own: readonly Size[]): number {
  let rest = index;
  let source = 0;
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1;
    const position = rest % size;
    rest = Math.floor(rest / size);
    const ownSize = own[axis - shape.length + own.length];
    if (!isNumber(ownSize)) continue;
    source += (ownSize === 1 ? 0 : position) * stride;
    stride *= ownSize;
  }
  return source;
}
