import { sizeOf } from '#base/tensor';
import type { GradientRule, RuleContext } from '../../rule.js';

/**
 * Columns [n, c x block, positions] are added up to images; each entry of a column gets the gradient of the pixel that it
 * was added to. That is a convolution whose kernels are one at one place of the block each.
 */
export const col2im: GradientRule = (context) => {
  const { builder, gradient } = context;
  const block = context.integers(2) ?? context.fail('has no block shape');
  const images = builder.reshape(gradient, [-1, 1, ...context.sizes(context.output, 2)]);
  const columns = builder.node('Conv', [images, unitKernels(context, block)], {
    kernel_shape: block,
    ...windowAttributes(context),
  });
  return [builder.reshapeLike(columns, context.input(0))];
};

function unitKernels(context: RuleContext, block: readonly number[]): string {
  const area = sizeOf(block);
  const kernels = new Float32Array(area * area);
  for (let place = 0; place < area; place++) kernels[place * area + place] = 1;
  return context.floats([area, 1, ...block], kernels);
}

function windowAttributes(context: RuleContext): Record<string, readonly number[]> {
  const present = ['strides', 'dilations', 'pads'].map((name) => [name, context.ints(name)] as const);
  return Object.fromEntries(
    present.filter((entry): entry is readonly [string, readonly number[]] => entry[1] !== null),
  );
}
