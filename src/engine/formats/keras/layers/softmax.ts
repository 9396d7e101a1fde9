import { asReal, argumentOf, onlyTensor, type Lowering } from '../lowering/layer.js';
import { axisOf, physicalAxis, rankOf } from '../lowering/value.js';

/** Over one axis or several; where a mask says so, only over some places. */
const softmax: Lowering = (layer, call) => {
  const given = onlyTensor(layer, { ...call, args: call.args.slice(0, 1) });
  const { graph } = layer;
  const mask = argumentOf(call, 'mask', 1);
  if (mask !== undefined || (given.mask !== null && layer.runtime !== 'tfjs')) {
    return layer.refuse('leaves masked places out of its softmax');
  }
  const value = asReal(layer, given);
  const axes = layer.settings.integers('axis', [-1]);
  const [axis = -1, ...others] = axes;
  if (others.length === 0) {
    return { ...value, name: graph.node('Softmax', [value.name], { axis: physicalAxis(value, axis) }) };
  }
  if (new Set(axes.map((each) => axisOf(each, rankOf(value)))).size < axes.length)
    return layer.broken('has an axis twice');
  const physical = graph.integers(axes.map((each) => physicalAxis(value, each)));
  const largest = graph.node('ReduceMax', [value.name, physical], { keepdims: 1 });
  const exponents = graph.node('Exp', [graph.node('Sub', [value.name, largest])]);
  const sum = graph.node('ReduceSum', [exponents, physical], { keepdims: 1 });
  return { ...value, name: graph.node('Div', [exponents, sum]) };
};

export const softmaxLayers: Readonly<Record<string, Lowering>> = { Softmax: softmax };
