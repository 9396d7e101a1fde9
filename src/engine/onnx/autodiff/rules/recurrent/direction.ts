import { int64Constant } from '../../../graph/constants.js';
import { fixed } from '../../../graph/shape.js';
import type { RuleContext } from '../../rule.js';
import type { Activated, Activation } from './activations.js';

/**
 * One direction of a recurrent layer. Values that hold all time steps are kept flat, [steps x batch, size], in the order
 * of time; lists of steps, each [batch, size], are in the order in which the direction takes them.
 */
export class Direction {
  readonly context: RuleContext;
  readonly activations: readonly Activation[];
  readonly clip: number | null;
  readonly hidden: number;
  readonly steps: number;
  /** [steps x batch, inputs] */
  readonly x: string;
  /** [gates x hidden, inputs] */
  readonly w: string;
  /** [gates x hidden, hidden] */
  readonly r: string;
  /** The hidden state in front of each step, [steps x batch, hidden]. */
  readonly before: string;
  /** 1 for steps inside of their sequence and 0 behind its end, [steps x batch, 1]; null where all are inside. */
  readonly inside: string | null;
  readonly #index: number;
  readonly #count: number;
  readonly #isReverse: boolean;

  constructor(context: RuleContext, activations: readonly Activation[], index: number, isReverse: boolean) {
    this.context = context;
    this.activations = activations;
    this.clip = context.node.attributes.has('clip') ? context.float('clip', 0) : null;
    this.hidden = context.sizes(context.input(2), 2)[0] ?? 0;
    this.steps =
      fixed(context.shape(context.input(0))[0]) ?? context.fail('has sequences whose length depends on the batch');
    this.#index = index;
    this.#count = context.sizes(context.input(1), 0)[0] ?? 1;
    this.#isReverse = isReverse;
    this.x = context.builder.reshape(context.input(0), [-1, ...context.sizes(context.input(0), 2)]);
    this.w = this.own(context.input(1), 0);
    this.r = this.own(context.input(2), 0);
    this.inside = this.#inside();
    this.before = this.#before();
  }

  /** This direction's part of a value with an axis of directions, without that axis. */
  own(value: string, axis: number): string {
    const { builder } = this.context;
    if (this.#count === 1) return builder.node('Squeeze', [value, builder.integers([axis])]);
    return builder.node('Gather', [value, builder.constant(int64Constant([], [this.#index]))], { axis });
  }

  /** The hidden state behind each step, [steps x batch, hidden]. */
  after(): string {
    return this.#flat(this.own(this.context.output, 1));
  }

  /** This direction's part of an optional input. */
  optional(index: number): string | null {
    const name = this.context.optionalInput(index);
    return name === null ? null : this.own(name, 0);
  }

  /** The two halves of the bias, one beside W and one beside R; null where there is none. */
  biases(): readonly [string, string] | null {
    const bias = this.optional(3);
    if (bias === null) return null;
    const [byInput = '', byState = ''] = this.gates(bias, 2, 0);
    return [byInput, byState];
  }

  /** The peepholes of i, o and f, [hidden] each; null where there are none. */
  peepholes(): string[] | null {
    const all = this.optional(7);
    return all === null ? null : this.gates(all, 3, 0);
  }

  /** The sum of both biases. */
  bias(): string | null {
    const biases = this.biases();
    return biases === null ? null : this.context.builder.node('Add', biases);
  }

  /** a b' + c, where ' transposes. */
  affine(a: string, b: string, c: string | null): string {
    return this.context.builder.node('Gemm', [a, b, ...(c === null ? [] : [c])], { transB: 1 });
  }

  /** x W' + h R' + b */
  arguments(): string {
    return this.affine(this.before, this.r, this.affine(this.x, this.w, this.bias()));
  }

  /**
   * Puts z through one of the direction's activations, cut to [-clip, clip] where the layer has a clip, whose bounds pass
   * the gradient on.
   */
  activated(index: number, z: string, clip = this.clip): Activated {
    const { context } = this;
    const activation = this.activations[index] ?? context.fail(`lacks activation ${index}`);
    if (clip === null) {
      const value = activation.value(z);
      return { value, slope: () => activation.slope(value) };
    }
    const value = activation.value(context.builder.node('Clip', [z, context.scalar(-clip), context.scalar(clip)]));
    return {
      value,
      slope: () => {
        const inside = context.builder.node('LessOrEqual', [context.builder.node('Abs', [z]), context.scalar(clip)]);
        return context.masked(activation.slope(value), inside);
      },
    };
  }

  /** The gradient of a in a b', plus `rest` where there is one. */
  back(gradient: string, b: string, rest: string | null): string {
    return this.context.builder.node('Gemm', [gradient, b, ...(rest === null ? [] : [rest])]);
  }

  /** The gradient of b in a b', over all steps. */
  outer(gradient: string, a: string): string {
    return this.context.builder.node('Gemm', [gradient, a], { transA: 1 });
  }

  /** Cuts a value, along its columns if not said otherwise, into equal parts, such as those of each gate. */
  gates(value: string, count: number, axis = 1): string[] {
    return count === 1 ? [value] : this.context.builder.nodes('Split', [value], count, { axis, num_outputs: count });
  }

  /** A flat value step by step. */
  split(flat: string): string[] {
    const { steps } = this;
    const parts = steps === 1 ? [flat] : this.context.builder.nodes('Split', [flat], steps, { num_outputs: steps });
    return this.#isReverse ? parts.toReversed() : parts;
  }

  /** The inverse of {@link split}. */
  join(steps: readonly string[]): string {
    const inTime = this.#isReverse ? steps.toReversed() : steps;
    return this.context.builder.node('Concat', inTime, { axis: 0 });
  }

  /** Zero behind the end of a sequence. */
  onlyInside(flat: string): string {
    return this.inside === null ? flat : this.context.builder.node('Mul', [flat, this.inside]);
  }

  /** One behind the end of a sequence, where a state stays what it was. */
  oneOutside(flat: string): string {
    if (this.inside === null) return flat;
    const { builder } = this.context;
    const one = this.context.scalar(1);
    return builder.node('Add', [this.onlyInside(builder.node('Sub', [flat, one])), one]);
  }

  /** 1 where a state stays what it was, step by step; null where no step lies behind the end of its sequence. */
  outside(): string[] | null {
    if (this.inside === null) return null;
    return this.split(this.context.builder.node('Sub', [this.context.scalar(1), this.inside]));
  }

  /** The sum of what there is; null of nothing. */
  sum(...parts: readonly (string | null)[]): string | null {
    const present = parts.filter((part) => part !== null);
    return present.length === 0 ? null : present.reduce((a, b) => this.context.builder.node('Add', [a, b]));
  }

  /** The gradients of the hidden states as outputs of the layer, step by step; null where Y has none. */
  outputGradients(): readonly string[] | null {
    const gradient = this.context.gradients[0] ?? null;
    return gradient === null ? null : this.split(this.onlyInside(this.#flat(this.own(gradient, 1))));
  }

  /** The gradient of the last hidden or cell state, which is the second or third output; null where it has none. */
  lastGradient(output: 1 | 2): string | null {
    const gradient = this.context.gradients[output] ?? null;
    if (gradient === null) return null;
    const own = this.own(gradient, 0);
    const lengths = this.context.optionalInput(4);
    if (lengths === null) return own;
    // The runtime gives zeros, not the initial state, for a sequence without steps.
    const { builder } = this.context;
    const any = builder.cast(builder.node('Unsqueeze', [lengths, builder.integers([1])]), 'bool');
    return this.context.masked(own, any);
  }

  #flat(value: string): string {
    return this.context.builder.reshape(value, [-1, this.hidden]);
  }

  /** Y moved by one step, behind the initial state. */
  #before(): string {
    const { builder } = this.context;
    const own = this.own(this.context.output, 1);
    const initial = this.optional(5);
    const moved = this.#moved(own);
    if (initial === null) return this.#flat(moved);
    // Y is zero behind the end of a sequence, where a reverse direction has its initial state still.
    const untouched =
      this.inside !== null && this.#isReverse
        ? builder.node('Sub', [this.context.scalar(1), this.#moved(builder.reshape(this.inside, [this.steps, -1, 1]))])
        : this.context.floats([this.steps, 1, 1], this.#isFirst());
    return this.#flat(builder.node('Add', [moved, builder.node('Mul', [untouched, initial])]));
  }

  /** What each step finds when it begins, [steps, batch, size]; zero in front of the first. */
  #moved(value: string): string {
    const { builder } = this.context;
    const [begin, end] = this.#isReverse ? [-1, 1] : [1, -1];
    return builder.node('Pad', [value, builder.integers([begin, 0, 0, end, 0, 0])]);
  }

  #isFirst(): number[] {
    const first = this.#isReverse ? this.steps - 1 : 0;
    return Array.from({ length: this.steps }, (_, t) => (t === first ? 1 : 0));
  }

  #inside(): string | null {
    const lengths = this.context.optionalInput(4);
    if (lengths === null) return null;
    const { builder } = this.context;
    const times = builder.node('Unsqueeze', [
      builder.cast(builder.integers(Array.from({ length: this.steps }, (_, t) => t)), 'int32'),
      builder.integers([1]),
    ]);
    const inside = builder.cast(builder.node('Less', [times, lengths]), 'float32');
    return builder.reshape(inside, [-1, 1]);
  }
}
