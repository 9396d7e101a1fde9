import type { GradientRule, RuleContext } from '../../rule.js';

/** Each point of the grid is theta times its own place [..., 1], so that theta gets the gradient times that place. */
export const affineGrid: GradientRule = (context) => {
  const { builder } = context;
  const axes = context.sizes(context.input(0), 1)[0] ?? 0;
  const points = builder.reshape(context.gradient, [0, -1, axes]);
  return [builder.node('MatMul', [builder.transpose(points, [0, 2, 1]), places(context, axes)])];
};

/** [points, axes + 1]: where the identity puts the points of one sample, and ones. */
function places(context: RuleContext, axes: number): string {
  const { builder, node } = context;
  const identity = context.floats(
    [1, axes, axes + 1],
    Array.from({ length: axes * (axes + 1) }, (_, i) => (i % (axes + 2) === 0 ? 1 : 0)),
  );
  const behindBatch = builder.node('Slice', [
    context.input(1),
    builder.integers([1]),
    builder.integers([axes + 2]),
    builder.integers([0]),
  ]);
  const size = builder.node('Concat', [builder.integers([1]), behindBatch], { axis: 0 });
  const grid = builder.add('', node.op, [identity, size], node.attributes);
  return builder.node('Pad', [builder.reshape(grid, [-1, axes]), builder.integers([0, 0, 0, 1]), context.scalar(1)]);
}
