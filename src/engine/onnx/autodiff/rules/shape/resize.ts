import type { GradientRule, RuleContext } from '../../rule.js';
import { multiplyAxis } from '../along-axis.js';
import { resizedAxes, type ResizedAxis } from './resized-axes.js';

/**
 * Every mode is linear in the image and works axis by axis, so the gradient is multiplied by the transposed matrix of each
 * axis. That matrix is what the operator itself makes of the identity: it holds all weights as the runtime takes them.
 */
export const resize: GradientRule = (context) => {
  if (context.wants(1) || context.wants(2)) context.fail('has a region or scales that depend on the input');
  const axes = resizedAxes(context);
  if (repeatsPixels(context, axes)) return [sumOfBlocks(context, axes)];
  const rank = context.rank(context.input(0));
  return [
    axes.reduceRight(
      (gradient, axis) => multiplyAxis(context, gradient, rank, axis.axis, matrixOf(context, axis)),
      context.gradient,
    ),
  ];
};

/** Whether each pixel becomes a block of equal pixels. */
function repeatsPixels(context: RuleContext, axes: readonly ResizedAxis[]): boolean {
  if (context.string('mode', 'nearest') !== 'nearest' || axes.length === 0 || context.rank(context.output) > 5)
    return false;
  const coordinates = context.string('coordinate_transformation_mode', 'half_pixel');
  const rounding = context.string('nearest_mode', 'round_prefer_floor');
  const isBlock =
    (coordinates === 'asymmetric' && rounding === 'floor') ||
    (coordinates.startsWith('half_pixel') && rounding.startsWith('round')) ||
    (coordinates === 'pytorch_half_pixel' && rounding.startsWith('round'));
  return isBlock && axes.every(({ axis, wholeFactor }) => axis >= 2 && wholeFactor !== null);
}

/** The average over each block, times its size. */
function sumOfBlocks(context: RuleContext, axes: readonly ResizedAxis[]): string {
  const { builder } = context;
  const spatial = Array.from({ length: context.rank(context.output) - 2 }, (_, i) => i + 2);
  const kernel = spatial.map((axis) => axes.find((resized) => resized.axis === axis)?.wholeFactor ?? 1);
  const average = builder.node('AveragePool', [context.gradient], { kernel_shape: kernel, strides: kernel });
  return builder.node('Mul', [average, context.scalar(kernel.reduce((a, b) => a * b, 1))]);
}

/** Attributes that say how positions and weights come about; axes and sizes are written anew for one axis. */
const KEPT = [
  'antialias',
  'coordinate_transformation_mode',
  'cubic_coeff_a',
  'exclude_outside',
  'mode',
  'nearest_mode',
];

/** The matrix [input, output] of one axis. */
function matrixOf(context: RuleContext, axis: ResizedAxis): string {
  const { builder, node } = context;
  const { input } = axis;
  const identity = new Float32Array(input * input);
  for (let i = 0; i < input; i++) identity[i * input + i] = 1;
  // Four axes: what every mode of the runtime takes.
  const images = context.floats([1, 1, input, input], identity);
  const attributes = new Map([...node.attributes].filter(([name]) => KEPT.includes(name)));
  const resized = builder.add('', 'Resize', [images, axis.roi, axis.scales, axis.sizes], attributes);
  return builder.node('Squeeze', [resized, builder.integers([0, 1])]);
}
