import { reshapeTarget, type Shape } from '../../../graph/shape.js';
import type { RuleContext } from '../../rule.js';

/** Which elements of a value share a scale. */
type Sharing =
  | { readonly by: 'value' }
  | { readonly by: 'axis'; readonly axis: number }
  /** `shape` is that of the value, the axis split into blocks and positions. */
  | { readonly by: 'blocks'; readonly axis: number; readonly shape: readonly number[] };

/** How the scales of a quantizer lie along a value. */
export class Granularity {
  readonly #context: RuleContext;
  readonly #rank: number;
  readonly #scaleRank: number;
  readonly #sharing: Sharing;

  /** @param value of the shape that is scaled */
  constructor(context: RuleContext, value: string, scale: string) {
    this.#context = context;
    this.#rank = context.rank(value);
    this.#scaleRank = context.rank(scale);
    this.#sharing = sharing(context, context.shape(value), context.shape(scale));
  }

  /** A value in a shape that aligned scales can be broadcast to. */
  open(value: string): string {
    return this.#sharing.by === 'blocks' ? this.#context.builder.reshape(value, this.#sharing.shape) : value;
  }

  /** The inverse of {@link open}. */
  close(value: string, like: string): string {
    return this.#sharing.by === 'blocks' ? this.#context.builder.reshapeLike(value, like) : value;
  }

  /** Scales, or what has their shape, ready to be broadcast. */
  align(scale: string): string {
    const { builder } = this.#context;
    switch (this.#sharing.by) {
      case 'value':
        return this.#scaleRank === 0 ? scale : builder.reshape(scale, []);
      case 'axis':
        return builder.reshape(scale, [-1, ...axes(this.#rank - this.#sharing.axis - 1).map(() => 1)]);
      case 'blocks':
        return builder.node('Unsqueeze', [scale, builder.integers([this.#sharing.axis + 1])]);
    }
  }

  /** The sum of an open value over all that shares a scale, in the shape of the scales. */
  reduce(value: string): string {
    const { builder } = this.#context;
    const sharing = this.#sharing;
    switch (sharing.by) {
      case 'value': {
        const sum = builder.reduceSum(value, axes(this.#rank), false);
        return this.#scaleRank === 0 ? sum : builder.reshape(sum, [1]);
      }
      case 'axis': {
        const others = axes(this.#rank).filter((axis) => axis !== sharing.axis);
        return others.length === 0 ? value : builder.reduceSum(value, others, false);
      }
      case 'blocks':
        return builder.reduceSum(value, [sharing.axis + 1], false);
    }
  }
}

function sharing(context: RuleContext, value: Shape, scale: Shape): Sharing {
  if (scale.length === 0 || (scale.length === 1 && scale[0] === 1)) return { by: 'value' };
  const axis = context.axis(context.int('axis', 1), value.length);
  if (scale.length === 1) return { by: 'axis', axis };
  const size = context.int('block_size', 0);
  const length = value[axis];
  const target = reshapeTarget(value);
  if (typeof length !== 'number' || target === null || length % size !== 0) {
    return context.fail('has blocks that do not divide their axis');
  }
  return { by: 'blocks', axis, shape: target.toSpliced(axis, 1, length / size, size) };
}

function axes(count: number): number[] {
  return Array.from({ length: count }, (_, axis) => axis);
}
