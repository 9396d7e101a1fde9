import type { Cost } from '#plugin/plugin';
import type { Norm } from '../geometry/norms.js';
import { ascending } from '../search/options.js';
import type { Member } from './member.js';

/** Rows of one sample through the target when no member breaks it, and the checks between them. */
export function costOf(members: readonly Member[], norm: Norm, epsilons: number | readonly number[]): Cost {
  const times = ascending(epsilons).filter((epsilon) => epsilon > 0).length;
  const costs = members.map((member) => member.costIn(norm));
  const sum = (of: (cost: Cost) => number) => times * costs.reduce((total, cost) => total + of(cost), 0);
  return { predictions: sum(({ predictions }) => predictions), gradients: sum(({ gradients }) => gradients) };
}

/** A gradient costs about as much as three predictions. */
const GRADIENT = 3;

/** The same members, cheapest first: what falls to a cheap one costs the dear ones nothing. */
export function cheapestFirst(members: readonly Member[], norm: Norm): readonly Member[] {
  const weight = (member: Member) => {
    const { predictions, gradients } = member.costIn(norm);
    return predictions + GRADIENT * gradients;
  };
  return members.toSorted((a, b) => weight(a) - weight(b));
}
