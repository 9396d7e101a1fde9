import { float } from '../../../onnx/graph/builder.js';
import type { NodeContext, Operator, OperatorTable } from '../node-context.js';
import { describeSizes, type TensorValue } from '../value.js';
import { requireChannelsLast } from '../window.js';

/** By given statistics: y = scale (x - mean) / sqrt(variance + epsilon) + offset. */
const fusedBatchNorm: Operator = (context) => {
  const { emitter } = context;
  requireChannelsLast(context);
  const x = context.cast(context.tensor(0), 'float32');
  const channels = x.shape.at(-1) ?? 1;
  // ONNX wants scale, offset, mean, variance: the order that TensorFlow has too.
  const parameters = context.tensors(1, 5);
  for (const { shape } of parameters) {
    if (shape.length !== 1 || shape[0] !== channels) {
      throw context.broken(`normalizes ${describeSizes([channels])} channels by ${describeSizes(shape)}`);
    }
  }
  if (parameters.length !== 4) throw context.broken('lacks scale, offset, mean or variance');
  const names = parameters.map((value) => emitter.plainName(value));
  const epsilon = float(context.attributes.float('epsilon') ?? 0.001);
  const first = x.shape.length > 2 ? emitter.channelsFirst(x) : x;
  return [context.give('BatchNormalization', [emitter.nameOf(first), ...names], first, { epsilon })];
};

/** y = x (bias + alpha sum of x^2 over 2 radius + 1 channels)^-beta; ONNX divides alpha by their number. */
const lrn: Operator = (context) => {
  const { emitter, attributes } = context;
  const x = emitter.channelsFirst(fourAxes(context, context.cast(context.tensor(0), 'float32')));
  const size = 2 * (attributes.int('depth_radius') ?? 5) + 1;
  return [
    context.give('LRN', [emitter.nameOf(x)], x, {
      size,
      bias: float(attributes.float('bias') ?? 1),
      alpha: float((attributes.float('alpha') ?? 1) * size),
      beta: float(attributes.float('beta') ?? 0.5),
    }),
  ];
};

function fourAxes(context: NodeContext, x: TensorValue): TensorValue {
  if (x.shape.length !== 4) throw context.broken(`normalizes a tensor ${describeSizes(x.shape)} along channels`);
  return x;
}

/** Along the last axis, wherever it lies. */
function softmax(op: string): Operator {
  return (context) => {
    const { emitter } = context;
    const x = context.cast(context.tensor(0), 'float32');
    if (x.shape.length === 0) throw context.broken('normalizes a single number');
    return [context.give(op, [emitter.nameOf(x)], x, { axis: emitter.axisOf(x, x.shape.length - 1) })];
  };
}

export const normalizationOperators: OperatorTable = {
  FusedBatchNorm: fusedBatchNorm,
  FusedBatchNormV2: fusedBatchNorm,
  FusedBatchNormV3: fusedBatchNorm,
  LRN: lrn,
  LogSoftmax: softmax('LogSoftmax'),
  Softmax: softmax('Softmax'),
};
