import { integersOf } from '../../../graph/constants.js';
import type { ElementType } from '../../../graph/ir.js';
import type { RuleContext } from '../../rule.js';
import { Granularity } from './granularity.js';

const RANGES: Partial<Record<ElementType, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

/**
 * q = clip(round(x / s) + z), y = (q - z) s. Rounding is taken for the identity, the straight-through estimator (Bengio
 * et al. 2013, arXiv:1308.3432): the gradient by x is 1 where q was not clipped and 0 elsewhere, the one by s that of
 * learned step sizes (Esser et al. 2020, arXiv:1902.08153). The inputs are (x, s, z, s, z, q), in the order of
 * `withFakeQuantizers`; a dynamic quantizer has a range that holds all values, and its scale is taken for a constant.
 */
export function fakeQuantize(context: RuleContext): (string | null)[] {
  context.substitute('straight-through');
  const integers = context.optionalInput(5);
  if (integers === null) return [context.gradient];
  const quantizer = new Granularity(context, context.output, context.input(3));
  const through = unclipped(context, quantizer, integers);
  const byOwnScale = context.wants(3) ? byQuantizerScale(context, quantizer, through) : null;
  return [quantizer.close(through, context.output), byScale(context), null, byOwnScale];
}

/** The gradient by x, open. */
function unclipped(context: RuleContext, quantizer: Granularity, integers: string): string {
  const { builder } = context;
  const x = quantizer.open(context.input(0));
  const [low, high] = bounds(context, integers).map((bound) =>
    quantizer.align(builder.node('Mul', [bound, context.input(3)])),
  );
  const inside = builder.node('And', [
    builder.node('GreaterOrEqual', [x, low ?? '']),
    builder.node('LessOrEqual', [x, high ?? '']),
  ]);
  const through = context.masked(quantizer.open(context.gradient), inside);
  if (hasOneScale(context)) return through;
  const dequantizer = new Granularity(context, context.output, context.input(1));
  const ratio = builder.node('Div', [dequantizer.align(context.input(1)), quantizer.align(context.input(3))]);
  return builder.node('Mul', [through, ratio]);
}

/** dy/ds = q - z = y / s, of the dequantizer; null where nobody asks. */
export function byScale(context: RuleContext): string | null {
  if (!context.wants(1)) return null;
  const { builder } = context;
  const scale = context.input(1);
  const granularity = new Granularity(context, context.output, scale);
  const steps = builder.node('Div', [granularity.open(context.output), granularity.align(scale)]);
  return granularity.reduce(builder.node('Mul', [granularity.open(context.gradient), steps]));
}

/** dq/ds = -x / s^2, as far as q was not clipped. */
function byQuantizerScale(context: RuleContext, quantizer: Granularity, through: string): string {
  const { builder } = context;
  const steps = builder.node('Div', [quantizer.open(context.input(0)), quantizer.align(context.input(3))]);
  return builder.node('Neg', [quantizer.reduce(builder.node('Mul', [through, steps]))]);
}

/** The multiples of the scale between which x / s is rounded to an integer of the range. */
function bounds(context: RuleContext, integers: string): [string, string] {
  const type = context.type(integers);
  const [least, most] = RANGES[type] ?? context.fail(`quantizes to ${type === 'other' ? 'a rare type' : type}`);
  const { shape, zeros } = zeroPoints(context);
  return [
    context.floats(
      shape,
      zeros.map((zero) => -halfBeyond(zero - least)),
    ),
    context.floats(
      shape,
      zeros.map((zero) => halfBeyond(most - zero)),
    ),
  ];
}

/** Halves are rounded to even numbers: beyond an odd one a half is too much already. */
function halfBeyond(steps: number): number {
  return steps % 2 === 0 ? steps + 0.5 : (steps + 0.5) * (1 - 2 ** -22);
}

function zeroPoints(context: RuleContext): { shape: readonly number[]; zeros: readonly number[] } {
  const name = context.optionalInput(4);
  if (name === null) return { shape: [], zeros: [0] };
  const constant = context.constant(name) ?? context.fail('has a zero point that is computed');
  return { shape: constant.shape, zeros: integersOf(constant) };
}

function hasOneScale(context: RuleContext): boolean {
  const [one, other] = [context.input(1), context.input(3)];
  if (one === other) return true;
  const [a, b] = [context.constant(one), context.constant(other)];
  return a !== undefined && b !== undefined && Buffer.compare(a.bytes, b.bytes) === 0;
}
