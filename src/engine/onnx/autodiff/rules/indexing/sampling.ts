import type { RuleContext } from '../../rule.js';

/** One of the pixels of an axis that a sample is mixed from: all of [batch, 1, samples]. */
export interface Tap {
  /** The position of the pixel, in the axis. */
  readonly index: string;
  readonly weight: string;
  /** The derivative of the weight by the grid's coordinate. */
  readonly slope: string;
}

type Padding = 'zeros' | 'border' | 'reflection';

/** Weights of the pixels around a coordinate, as polynomials of its fractional part, lowest power first. */
interface Kernel {
  readonly first: number;
  readonly weights: readonly (readonly number[])[];
}

/** Keys' cubic convolution (1981) with the coefficient that PyTorch and ONNX take. */
const A = -0.75;
const KERNELS: Readonly<Record<string, Kernel>> = {
  nearest: { first: 0, weights: [[1]] },
  linear: {
    first: 0,
    weights: [
      [1, -1],
      [0, 1],
    ],
  },
  cubic: {
    first: -1,
    weights: [
      [0, A, -2 * A, A],
      [1, 0, -A - 3, A + 2],
      [0, -A, 2 * A + 3, -A - 2],
      [0, 0, A, -A],
    ],
  },
};

/** The pixels that samples at `grid`, from -1 to 1 across an axis of `size` pixels, are mixed from. */
export function tapsOf(context: RuleContext, grid: string, size: number): Tap[] {
  const { builder } = context;
  const mode = context.string('mode', 'linear');
  const kernel = KERNELS[mode] ?? context.fail(`samples by the mode \`${mode}\``);
  const padding = paddingOf(context);
  const placed = pixelCoordinate(context, grid, size);
  // Nearest and linear sampling move the coordinate into the image, cubic sampling moves each pixel.
  const inside = mode === 'cubic' ? placed : intoImage(context, placed, size, padding);
  const base = builder.node(mode === 'nearest' ? 'Round' : 'Floor', [inside.value]);
  const fraction = builder.node('Sub', [inside.value, base]);
  return kernel.weights.map((weights, k) => {
    const position = builder.node('Add', [base, context.scalar(kernel.first + k)]);
    const moved = mode === 'cubic' ? intoImage(context, { value: position, slope: '' }, size, padding).value : position;
    const clipped = builder.node('Clip', [moved, context.scalar(0), context.scalar(size - 1)]);
    const isInside = builder.node('Equal', [moved, clipped]);
    const slope = polynomial(context, fraction, derivative(weights));
    return {
      index: builder.cast(clipped, 'int64'),
      weight: context.masked(polynomial(context, fraction, weights), isInside),
      slope: context.masked(builder.node('Mul', [slope, inside.slope]), isInside),
    };
  });
}

function paddingOf(context: RuleContext): Padding {
  const padding = context.string('padding_mode', 'zeros');
  if (padding === 'zeros' || padding === 'border' || padding === 'reflection') return padding;
  return context.fail(`pads by the mode \`${padding}\``);
}

/** A coordinate and its derivative by that of the grid. */
interface Coordinate {
  readonly value: string;
  readonly slope: string;
}

/** -1 and 1 are the centers of the first and the last pixel where corners are aligned, else their outer edges. */
function pixelCoordinate(context: RuleContext, grid: string, size: number): Coordinate {
  const { builder } = context;
  const slope = context.scalar((alignsCorners(context) ? size - 1 : size) / 2);
  const scaled = builder.node('Mul', [grid, slope]);
  return { value: builder.node('Add', [scaled, context.scalar((size - 1) / 2)]), slope };
}

function intoImage(context: RuleContext, coordinate: Coordinate, size: number, padding: Padding): Coordinate {
  switch (padding) {
    case 'zeros':
      return coordinate;
    case 'border':
      return clipped(context, coordinate, size);
    case 'reflection':
      return clipped(context, reflected(context, coordinate, size), size);
  }
}

/** As in PyTorch, the first and the last position of the image have slope 0 too. */
function clipped(context: RuleContext, { value, slope }: Coordinate, size: number): Coordinate {
  const { builder } = context;
  const [first, last] = [context.scalar(0), context.scalar(size - 1)];
  const isInside = builder.node('And', [builder.node('Greater', [value, first]), builder.node('Less', [value, last])]);
  return {
    value: builder.node('Clip', [value, first, last]),
    slope: slope === '' ? '' : context.masked(slope, isInside),
  };
}

/** Folded at the centers of the outermost pixels where corners are aligned, else at their outer edges: a triangle wave. */
function reflected(context: RuleContext, { value, slope }: Coordinate, size: number): Coordinate {
  const { builder } = context;
  const low = alignsCorners(context) ? 0 : -0.5;
  const span = size - 1 - 2 * low;
  if (span === 0) return { value: builder.node('Mul', [value, context.scalar(0)]), slope };
  const signed = builder.node('Sub', [value, context.scalar(low)]);
  const distance = builder.node('Abs', [signed]);
  const phase = builder.node('Mod', [distance, context.scalar(2 * span)], { fmod: 1 });
  const fromFold = builder.node('Sub', [context.scalar(span), phase]);
  const depth = builder.node('Abs', [fromFold]);
  const turns = builder.node('Mul', [builder.node('Sign', [signed]), builder.node('Sign', [fromFold])]);
  return {
    value: builder.node('Sub', [context.scalar(span + low), depth]),
    slope: slope === '' ? '' : builder.node('Mul', [slope, turns]),
  };
}

function alignsCorners(context: RuleContext): boolean {
  return context.int('align_corners', 0) === 1;
}

/** By Horner's rule. */
function polynomial(context: RuleContext, variable: string, coefficients: readonly number[]): string {
  const { builder } = context;
  const highest = builder.node('Mul', [variable, context.scalar(0)]);
  return coefficients.reduceRight((value, coefficient, power) => {
    const sum = builder.node('Add', [value, context.scalar(coefficient)]);
    return power === 0 ? sum : builder.node('Mul', [sum, variable]);
  }, highest);
}

function derivative(coefficients: readonly number[]): number[] {
  return coefficients.slice(1).map((coefficient, power) => coefficient * (power + 1));
}
