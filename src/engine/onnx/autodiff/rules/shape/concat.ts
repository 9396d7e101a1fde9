import type { GradientRule, RuleContext } from '../../rule.js';

/** Each part gets its own stretch of the gradient. */
export const concat: GradientRule = (context) => {
  const { builder, gradient, node } = context;
  const axis = context.axis(context.int('axis', 0), context.rank(context.output));
  const wanted = node.inputs.flatMap((_, i) => (context.wants(i) ? [i] : []));
  if (node.inputs.length === 1) return [gradient];
  const sizes = fixedSizes(context, axis);
  const [only] = wanted;
  if (wanted.length === 1 && only !== undefined && sizes !== null) {
    const begin = sizes.slice(0, only).reduce((sum, size) => sum + size, 0);
    const bounds = [begin, begin + (sizes[only] ?? 0), axis].map((bound) => builder.integers([bound]));
    const part = builder.node('Slice', [gradient, ...bounds]);
    return node.inputs.map((_, i) => (i === only ? part : null));
  }
  const split = sizes === null ? sizesWhenRun(context, axis) : builder.integers(sizes);
  return builder.nodes('Split', [gradient, split], node.inputs.length, { axis });
};

/** Null where a part grows with the batch. */
function fixedSizes(context: RuleContext, axis: number): number[] | null {
  const sizes = context.node.inputs.map((input) => context.shape(input)[axis]);
  return sizes.every((size) => typeof size === 'number') ? sizes : null;
}

function sizesWhenRun({ builder, node }: RuleContext, axis: number): string {
  const sizes = node.inputs.map((input) => builder.node('Shape', [input], { start: axis, end: axis + 1 }));
  return builder.node('Concat', sizes, { axis: 0 });
}
