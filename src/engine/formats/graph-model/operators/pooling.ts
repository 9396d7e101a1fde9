import type { Operator, OperatorTable } from '../node-context.js';
import { describeSizes, type TensorValue } from '../value.js';
import type { NodeContext } from '../node-context.js';
import { outputSizes, readWindow, spatial, spatialSizes, windowAttributes } from '../window.js';

/** Averages leave padding out, as ONNX does unless it is told otherwise. */
function pooling(op: string): Operator {
  return (context) => [pooled(context, op)];
}

function pooled(context: NodeContext, op: string): TensorValue {
  const { emitter } = context;
  const x = context.cast(context.tensor(0), 'float32');
  const rank = x.shape.length;
  if (rank < 3) throw context.broken(`pools a tensor ${describeSizes(x.shape)}`);
  const window = readWindow(context, spatial(context, 'ksize', rank), rank);
  if (window.padding !== 'same' && window.padding.flat().some((pad) => pad !== 0)) context.fail('pads explicitly');
  const sizes = spatialSizes(x);
  const shape = [x.shape[0] ?? 1, ...outputSizes(context, window, sizes), x.shape.at(-1) ?? 1];
  const inputs = [emitter.nameOf(emitter.channelsFirst(x))];
  return context.give(
    op,
    inputs,
    { type: 'float32', shape, layout: 'channels-first' },
    windowAttributes(window, sizes),
  );
}

export const poolingOperators: OperatorTable = {
  AvgPool: pooling('AveragePool'),
  AvgPool3D: pooling('AveragePool'),
  MaxPool: pooling('MaxPool'),
  MaxPool3D: pooling('MaxPool'),
  // Of its two outputs only the maxima: nothing that is asked for their positions can be lowered.
  MaxPoolWithArgmax: pooling('MaxPool'),
};
