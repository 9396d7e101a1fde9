import type { RuleContext } from '../../rule.js';
import { transposedAttributes, type Window } from '../window.js';

/** The sum, at each input, over all windows that it is in: a transposed convolution of each channel with ones. */
export function sumOverWindows(context: RuleContext, value: string, axes: readonly Window[]): string {
  const channels = context.shape(context.output)[1];
  if (typeof channels !== 'number') return context.fail('has no fixed number of channels');
  const kernel = axes.map((w) => w.kernel);
  const area = kernel.reduce((a, b) => a * b, 1);
  const ones = context.floats([channels, 1, ...kernel], new Float32Array(channels * area).fill(1));
  return context.builder.node('ConvTranspose', [value, ones], { group: channels, ...transposedAttributes(axes) });
}
