import { clone } from '@tensorflow/tfjs-core';
import { OWN_DOMAIN, STRAIGHT_THROUGH } from '../../onnx/own-operators.js';
import { operand, type OperatorTable } from '../operator.js';
import { withGradient } from './custom.js';

export const straightThroughOperators: OperatorTable = {
  /** Recorded as a function of the input alone: nothing goes back into the preprocessor. */
  [`${OWN_DOMAIN}.${STRAIGHT_THROUGH}`]: (call) => {
    const computed = operand(call, 1);
    return withGradient(
      [operand(call, 0)],
      () => clone(computed),
      (dy) => [dy],
    );
  },
};
