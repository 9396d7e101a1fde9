import type { LrpRule } from '../../../contract.js';
import { operatorError } from '../../autodiff/rule.js';
import type { GraphBuilder } from '../../graph/builder.js';
import { filledLike, negativePart, positivePart, scalarLike } from '../beside.js';
import type { Bounds } from './bounds.js';
import { applied, STABILIZER, type WeightedLayer } from './layer.js';

/** A layer on the way back. */
export interface Sharing {
  readonly builder: GraphBuilder;
  readonly layer: WeightedLayer;
  /** Ones in the shape of the layer's input; the gradient by it is the relevance of the input. */
  readonly carrier: string;
  /** Of the layer's input, where they are known. */
  readonly bounds: Bounds | null;
}

/**
 * The carrier behind a layer: linear in the carrier in front of it, and its derivative by that is the share of each input in each
 * output. Relevance is its gradient, so what comes back is R_j = sum_k share_jk R_k (Montavon et al. 2019, section 10.2).
 *
 * Biases, as in Zennit 0.5: in the denominators of epsilon, gamma, z-plus and alpha-beta (there by their sign, in gamma raised as
 * the weights are), where they take their share of the relevance; not in z-b, in which they cancel, and not in w-squared and
 * flat, which tell nothing of values.
 */
export function shared(sharing: Sharing, rule: LrpRule): string {
  switch (rule.kind) {
    case 'epsilon':
      return byContribution(sharing, rule.epsilon);
    case 'gamma':
      return byRaised(sharing, rule.gamma);
    case 'z-plus':
      return bySign(sharing, 'positive');
    case 'alpha-beta':
      return byBothSigns(sharing, rule.alpha, rule.beta);
    case 'z-b':
      return byDistance(sharing);
    case 'w-squared':
      return byWeights(sharing, sharing.builder.node('Mul', [sharing.layer.weight, sharing.layer.weight]));
    case 'flat':
      return byWeights(sharing, filledLike(sharing.builder, 1, sharing.layer.weight));
    case 'identity':
      return inPlace(sharing);
  }
}

/** a_j w_jk / (z_k + epsilon sign(z_k)), z_k with the bias; an epsilon of 0 is that of other rules, as black pixels give z = 0 */
function byContribution({ builder, layer, carrier }: Sharing, epsilon: number): string {
  const part = applied(builder, layer, builder.node('Mul', [carrier, layer.input]), layer.weight);
  return ratio(builder, part, layer.output, Math.max(epsilon, STABILIZER));
}

/**
 * a_j (w_jk + gamma w_jk^+) over their sum; inputs below zero and outputs below zero have the raised sign turned, so that what
 * agrees with the output is raised (generalized rule of Andéol et al. 2021, as in Zennit)
 */
function byRaised(sharing: Sharing, gamma: number): string {
  const { builder, layer } = sharing;
  const raised = (value: string, part: typeof positivePart): string => {
    const factor = scalarLike(builder, gamma, value);
    return builder.node('Add', [value, builder.node('Mul', [factor, part(builder, value)])]);
  };
  const up = raised(layer.weight, positivePart);
  const down = raised(layer.weight, negativePart);
  const biasOf = (part: typeof positivePart): string | null => (layer.bias === null ? null : raised(layer.bias, part));
  const isNegative = builder.node('Less', [layer.output, scalarLike(builder, 0, layer.output)]);
  const below = builder.node('CastLike', [isNegative, layer.output]);
  const above = builder.node('Sub', [scalarLike(builder, 1, below), below]);
  const agreeing = fraction(sharing, up, down, biasOf(positivePart));
  const opposing = fraction(sharing, down, up, biasOf(negativePart));
  return builder.node('Add', [builder.node('Mul', [agreeing, above]), builder.node('Mul', [opposing, below])]);
}

/** Contributions of one sign over their sum: z+ for positive ones (Montavon et al. 2017, eq. 7) */
function bySign(sharing: Sharing, sign: 'positive' | 'negative'): string {
  const { builder, layer } = sharing;
  const [own, other] = sign === 'positive' ? [positivePart, negativePart] : [negativePart, positivePart];
  const bias = layer.bias === null ? null : own(builder, layer.bias);
  return fraction(sharing, own(builder, layer.weight), other(builder, layer.weight), bias);
}

/** alpha z+ / sum z+ - beta z- / sum z- (Bach et al. 2015, eq. 60) */
function byBothSigns(sharing: Sharing, alpha: number, beta: number): string {
  const { builder, layer } = sharing;
  const times = (factor: number, share: string): string =>
    builder.node('Mul', [scalarLike(builder, factor, layer.output), share]);
  const positive = times(alpha, bySign(sharing, 'positive'));
  return beta === 0 ? positive : builder.node('Sub', [positive, times(beta, bySign(sharing, 'negative'))]);
}

/** a^+ and a^- with weights of their own, over their sum with a bias. */
function fraction({ builder, layer, carrier }: Sharing, above: string, below: string, bias: string | null): string {
  const [plus, minus] = [positivePart(builder, layer.input), negativePart(builder, layer.input)];
  const carried = (value: string): string => builder.node('Mul', [carrier, value]);
  const part = builder.node('Add', [
    applied(builder, layer, carried(plus), above),
    applied(builder, layer, carried(minus), below),
  ]);
  const whole = builder.node('Add', [
    applied(builder, layer, plus, above, bias),
    applied(builder, layer, minus, below),
  ]);
  return ratio(builder, part, whole, STABILIZER);
}

/** a_j w_jk - l_j w_jk^+ - h_j w_jk^- over their sum (Montavon et al. 2017, eq. 10) */
function byDistance(sharing: Sharing): string {
  const { builder, layer, carrier, bounds } = sharing;
  if (bounds === null) return layer.input;
  const { low, high } = bounds;
  const [plus, minus] = [positivePart(builder, layer.weight), negativePart(builder, layer.weight)];
  const distance = (of: (value: string) => string): string =>
    builder.node('Sub', [
      builder.node('Sub', [
        applied(builder, layer, of(layer.input), layer.weight),
        applied(builder, layer, of(low), plus),
      ]),
      applied(builder, layer, of(high), minus),
    ]);
  const part = distance((value) => builder.node('Mul', [carrier, value]));
  return ratio(
    builder,
    part,
    distance((value) => value),
    STABILIZER,
  );
}

/** v_jk over the sum of all v_jk that reach the output, whatever the values are (Montavon et al. 2017, eq. 6) */
function byWeights({ builder, layer, carrier }: Sharing, weights: string): string {
  const part = applied(builder, layer, carrier, weights);
  const whole = applied(builder, layer, filledLike(builder, 1, layer.input), weights);
  return ratio(builder, part, whole, STABILIZER);
}

/** R_j = R_k for j = k */
function inPlace({ builder, layer, carrier }: Sharing): string {
  const shape = builder.constantOf(layer.weight)?.shape ?? [];
  if (layer.kind === 'dense' && shape.length === 2 && shape[0] === shape[1]) return carrier;
  throw operatorError(layer.node, 'cannot have the LRP rule `identity`: it gives other values than it takes');
}

/** part / (z + epsilon sign(z)), where the sign of 0 is that of positive numbers */
export function ratio(builder: GraphBuilder, part: string, whole: string, epsilon: number): string {
  const isNegative = builder.node('Less', [whole, scalarLike(builder, 0, whole)]);
  const stabilizer = builder.node('Where', [
    isNegative,
    scalarLike(builder, -epsilon, whole),
    scalarLike(builder, epsilon, whole),
  ]);
  return builder.node('Div', [part, builder.node('Add', [whole, stabilizer])]);
}
