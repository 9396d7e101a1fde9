import type { GradientRule, RuleContext } from '../../rule.js';
import { zerosLike } from '../scatter.js';
import { tapsOf, type Tap } from './sampling.js';

/** Each sample is a weighted sum of pixels; each pixel gets the gradient by its weights, the grid by their slopes. */
export const gridSample: GradientRule = (context) => {
  if (context.wants(1) && context.string('mode', 'linear') === 'nearest') context.substitute('zero');
  const sampling = samplingOf(context);
  return [
    context.wants(0) ? byImage(context, sampling) : null,
    context.wants(1) && context.string('mode', 'linear') !== 'nearest' ? byGrid(context, sampling) : null,
  ];
};

interface Sampling {
  /** [batch, channels, pixels] */
  readonly image: string;
  /** [batch, channels, samples] */
  readonly gradient: string;
  readonly corners: readonly Corner[];
}

/** One pixel of each sample: one tap an axis. */
interface Corner {
  readonly taps: readonly Tap[];
  /** The position of the pixel for every channel, [batch, channels, samples]. */
  readonly pixel: string;
}

function samplingOf(context: RuleContext): Sampling {
  const { builder } = context;
  const sizes = context.sizes(context.input(0), 2);
  const gradient = builder.reshape(context.gradient, [0, 0, -1]);
  // The last axis of the grid names the last axis of the image first.
  const points = builder.transpose(builder.reshape(context.input(1), [0, -1, sizes.length]), [0, 2, 1]);
  const grids = builder.nodes('Split', [points], sizes.length, { axis: 1, num_outputs: sizes.length }).toReversed();
  const axes = grids.map((grid, axis) => tapsOf(context, grid, sizes[axis] ?? 1));
  const combinations = axes.reduce<Tap[][]>((some, taps) => some.flatMap((c) => taps.map((tap) => [...c, tap])), [[]]);
  const shape = builder.node('Shape', [gradient]);
  return {
    image: builder.reshape(context.input(0), [0, 0, -1]),
    gradient,
    corners: combinations.map((taps) => ({
      taps,
      pixel: builder.node('Expand', [flatIndex(context, taps, sizes), shape]),
    })),
  };
}

/** Row-major. */
function flatIndex({ builder }: RuleContext, taps: readonly Tap[], sizes: readonly number[]): string {
  return taps
    .map((tap) => tap.index)
    .reduce((flat, index, axis) => {
      const row = builder.node('Mul', [flat, builder.integers([sizes[axis] ?? 1])]);
      return builder.node('Add', [row, index]);
    });
}

function byImage(context: RuleContext, { image, gradient, corners }: Sampling): string {
  const { builder } = context;
  const sum = corners.reduce(
    (total, { taps, pixel }) => {
      const weighted = builder.node('Mul', [
        gradient,
        product(
          context,
          taps.map(({ weight }) => weight),
        ),
      ]);
      return builder.node('ScatterElements', [total, pixel, weighted], { axis: 2, reduction: 'add' });
    },
    zerosLike(context, image),
  );
  return builder.reshapeLike(sum, context.input(0));
}

function byGrid(context: RuleContext, { image, gradient, corners }: Sampling): string {
  const { builder } = context;
  const rank = corners[0]?.taps.length ?? 0;
  const sums = corners.map(({ pixel }) => {
    const values = builder.node('GatherElements', [image, pixel], { axis: 2 });
    return builder.reduceSum(builder.node('Mul', [gradient, values]), [1], true);
  });
  const byAxis = Array.from({ length: rank }, (_, axis) => {
    const parts = corners.map(({ taps }, i) => {
      const factors = taps.map((tap, other) => (other === axis ? tap.slope : tap.weight));
      return product(context, [sums[i] ?? '', ...factors]);
    });
    return builder.node('Sum', parts);
  });
  const points = builder.transpose(builder.node('Concat', byAxis.toReversed(), { axis: 1 }), [0, 2, 1]);
  return builder.reshapeLike(points, context.input(1));
}

function product({ builder }: RuleContext, factors: readonly string[]): string {
  return factors.reduce((total, factor) => builder.node('Mul', [total, factor]));
}
