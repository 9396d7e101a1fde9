import { DECONVOLUTION_RELU, GUIDED_RELU, OWN_DOMAIN } from '../../own-operators.js';
import type { RuleTable } from '../rule.js';
import { relu } from './elementwise/relu.js';

/** ReLUs that let nothing negative back. */
export const otherReluRules: RuleTable = {
  [`${OWN_DOMAIN}.${GUIDED_RELU}`]: (context) =>
    relu(context).map((gradient) => (gradient === null ? null : context.builder.node('Relu', [gradient]))),
  [`${OWN_DOMAIN}.${DECONVOLUTION_RELU}`]: ({ builder, gradient }) => [builder.node('Relu', [gradient])],
};
