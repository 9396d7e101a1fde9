import { integersOf } from '../../graph/constants.js';
import type { RuleContext } from '../rule.js';

/** The integers of an input, for rules that have another way where they are computed: null then, undefined when left out. */
export function constantIntegers(context: RuleContext, index: number): number[] | null | undefined {
  const name = context.optionalInput(index);
  if (name === null) return undefined;
  const constant = context.constant(name);
  return constant === undefined ? null : integersOf(constant);
}
