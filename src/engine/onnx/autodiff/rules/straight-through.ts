import { OWN_DOMAIN, STRAIGHT_THROUGH } from '../../own-operators.js';
import type { RuleTable } from '../rule.js';

/** y = g(x) as if g were the identity (Athalye et al. 2018, section 4.1) */
export const straightThroughRules: RuleTable = {
  [`${OWN_DOMAIN}.${STRAIGHT_THROUGH}`]: ({ gradient }) => [gradient],
};
