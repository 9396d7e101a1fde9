import type { GradientRule, RuleContext } from '../../rule.js';
import { extent, windows, type Window } from '../window.js';
import { sumOverWindows } from './spread.js';

/** Each output spreads its gradient evenly over the inputs that it averaged. */
export const averagePool: GradientRule = (context) => {
  const axes = windows(context, context.ints('kernel_shape') ?? context.fail('has no kernel_shape'));
  const scaled = context.builder.node('Mul', [context.gradient, reciprocals(context, axes)]);
  return [sumOverWindows(context, scaled, axes)];
};

/** Mean over all spatial axes. */
export const globalAveragePool: GradientRule = (context) => {
  const { builder } = context;
  const input = context.input(0);
  const area = context.sizes(input, 2).reduce((a, b) => a * b, 1);
  const scaled = builder.node('Mul', [context.gradient, context.scalar(1 / area)]);
  return [builder.node('Expand', [scaled, builder.node('Shape', [input])])];
};

/** One over the number of inputs that each output averaged, [1, 1, ...outputs]. */
function reciprocals(context: RuleContext, axes: readonly Window[]): string {
  const countsPadding = context.int('count_include_pad', 0) === 1;
  const perAxis = axes.map((w) => Array.from({ length: w.output }, (_, o) => coverage(w, o, countsPadding)));
  const counts = perAxis.reduce<number[]>((product, axis) => product.flatMap((a) => axis.map((b) => a * b)), [1]);
  return context.floats(
    [1, 1, ...axes.map((w) => w.output)],
    counts.map((count) => 1 / count),
  );
}

/** How many positions of one axis a window covers; padding counts on demand, what lies behind it never does. */
function coverage(window: Window, output: number, countsPadding: boolean): number {
  const start = output * window.stride - window.padBegin;
  const limit = countsPadding ? window.input + window.padEnd : window.input;
  let covered = 0;
  for (let position = start; position < start + extent(window); position += window.dilation) {
    if (position < limit && (countsPadding || position >= 0)) covered++;
  }
  return covered;
}
