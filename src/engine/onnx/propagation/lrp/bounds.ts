import { AssayError } from '#base/errors';
import type { LrpComposite } from '../../../contract.js';
import type { GraphBuilder } from '../../graph/builder.js';
import { float32Constant } from '../../graph/constants.js';
import type { Node } from '../../graph/ir.js';
import { copyOf } from '../beside.js';
import type { PropagationPlace } from '../form.js';
import { MOVES, operatorOf } from '../operators.js';

/** The least and the largest that a value can be, in its own shape. */
export interface Bounds {
  readonly low: string;
  readonly high: string;
}

/**
 * Bounds of the input as the model normalized it; null where no rule asks for any, or tokens are embedded.
 *
 * @throws AssayError `usage` where two rules name other bounds
 */
export function boundsOfInput(
  builder: GraphBuilder,
  { at, units }: Pick<PropagationPlace, 'at' | 'units'>,
  composite: LrpComposite,
): Bounds | null {
  const [wanted, ...others] = composite.flatMap(({ rule }) => (rule.kind === 'z-b' ? [rule] : []));
  if (wanted === undefined || units === null) return null;
  if (others.some(({ low, high }) => low !== wanted.low || high !== wanted.high)) {
    throw new AssayError('usage', { what: 'the LRP rules `z-b` of a composite name different bounds of one input' });
  }
  const { axis, mean, std } = units.normalization;
  const shape = Array.from({ length: units.rank - 1 - axis }, (_, i) => (i === 0 ? mean.length : 1));
  const filled = (bound: number): string => {
    const values = mean.map((center, i) => (bound - center) / (std[i] ?? 1));
    const row = builder.node('CastLike', [builder.constant(float32Constant(shape, values)), at]);
    return builder.node('Expand', [row, builder.node('Shape', [at])]);
  };
  return { low: filled(wanted.low), high: filled(wanted.high) };
}

const MONOTONE: ReadonlySet<string> = new Set('Add Div Mul Neg Sub'.split(' '));

/** Bounds of what a node gives, where it moves a value with known ones, or scales and shifts it. */
export function passBounds(
  builder: GraphBuilder,
  node: Node,
  bounds: Map<string, Bounds>,
  isActive: (name: string) => boolean,
): void {
  const active = node.inputs.filter(isActive);
  const operator = operatorOf(node);
  const isKnown = active.length > 0 && active.every((name) => bounds.has(name));
  if (!isKnown || !(MOVES.has(operator) || (MONOTONE.has(operator) && active.length === 1))) return;
  const at = (end: keyof Bounds): string[] => {
    const ends = active.map((name) => [name, bounds.get(name)?.[end] ?? name] as const);
    return copyOf(builder, node, new Map(ends));
  };
  const [low, high] = [at('low'), at('high')];
  node.outputs.forEach((name, i) => {
    const ends = [low[i] ?? '', high[i] ?? ''];
    if (name !== '') bounds.set(name, { low: builder.node('Min', ends), high: builder.node('Max', ends) });
  });
}
