import { mul, relu, step } from '@tensorflow/tfjs-core';
import { DECONVOLUTION_RELU, GUIDED_RELU, OWN_DOMAIN } from '../../onnx/own-operators.js';
import { given, type Call, type OperatorTable } from '../operator.js';
import type { Value } from '../value.js';
import { withGradient } from './custom.js';

/** ReLUs that let nothing negative back. */
export const otherReluOperators: OperatorTable = {
  [`${OWN_DOMAIN}.${GUIDED_RELU}`]: (call) => rectified(call, (dy, y) => mul(relu(dy), step(y))),
  [`${OWN_DOMAIN}.${DECONVOLUTION_RELU}`]: (call) => rectified(call, (dy) => relu(dy)),
};

type Tensor = Value['tensor'];

function rectified(call: Call, back: (dy: Tensor, y: Tensor) => Tensor): Value {
  const input = given(call, 0);
  const tensor = withGradient(
    [input.tensor],
    (x = input.tensor) => relu(x),
    (dy, _, y) => [back(dy, y)],
  );
  return { ...input, tensor };
}
