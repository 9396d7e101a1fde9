/** Attributes that became inputs. */
import { floatOf, intOf, intsOf, stringOf, withAttribute, withoutAttributes } from '../attributes.js';
import { float32Constant, float64Constant, int64Constant } from '../constants.js';
import type { Node } from '../ir.js';
import type { Conversion, Converter } from './conversion.js';

/** The bounds that Clip had when it was not given any. */
const LOWEST_FLOAT32 = -3.4028234663852886e38;
const HIGHEST_FLOAT32 = 3.4028234663852886e38;

/** `axes` of Squeeze, Unsqueeze and the reductions. */
export const axesToInput: Converter = (node, conversion) => {
  const axes = intsOf(node, 'axes');
  const bare = withoutAttributes(node, 'axes');
  return [axes === null ? bare : { ...bare, inputs: [...node.inputs, conversion.integers(axes)] }];
};

/** `axis` of DFT: a scalar, as the third input. */
export const dftAxisToInput: Converter = (node, conversion) => {
  const axis = conversion.constant(int64Constant([], [intOf(node, 'axis', 1)]));
  const [signal = '', length = ''] = node.inputs;
  return [{ ...withoutAttributes(node, 'axis'), inputs: [signal, length, axis] }];
};

export const clipBoundsToInputs: Converter = (node, conversion) => {
  const [x = ''] = node.inputs;
  const bounds = [floatOf(node, 'min', LOWEST_FLOAT32), floatOf(node, 'max', HIGHEST_FLOAT32)];
  const scalars = bounds.map((bound) => scalarLike(bound, x, conversion));
  return [
    ...scalars.flatMap(({ nodes }) => nodes),
    { ...withoutAttributes(node, 'min', 'max'), inputs: [x, ...scalars.map(({ name }) => name)] },
  ];
};

export const padsToInputs: Converter = (node, conversion) => {
  const [x = ''] = node.inputs;
  const pads = conversion.integers(intsOf(node, 'pads') ?? []);
  const value = floatOf(node, 'value', 0);
  const bare = withoutAttributes(node, 'pads', 'value');
  if (value === 0 || stringOf(node, 'mode', 'constant') !== 'constant') return [{ ...bare, inputs: [x, pads] }];
  const scalar = scalarLike(value, x, conversion);
  return [...scalar.nodes, { ...bare, inputs: [x, pads, scalar.name] }];
};

export const sliceBoundsToInputs: Converter = (node, conversion) => {
  const [x = ''] = node.inputs;
  const starts = intsOf(node, 'starts') ?? conversion.fail(node, 'has no starts');
  const ends = intsOf(node, 'ends') ?? conversion.fail(node, 'has no ends');
  const axes = intsOf(node, 'axes') ?? starts.map((_, i) => i);
  const inputs = [x, conversion.integers(starts), conversion.integers(ends), conversion.integers(axes)];
  return [{ ...withoutAttributes(node, 'starts', 'ends', 'axes'), inputs }];
};

export const topKCountToInput: Converter = (node, conversion) => {
  const [x = ''] = node.inputs;
  return [{ ...withoutAttributes(node, 'k'), inputs: [x, conversion.integers([intOf(node, 'k', 0)])] }];
};

/** Since 13 sizes are an input, and since 18 a node without them says how many outputs share the axis. */
export const splitSizesToInput: Converter = (node, conversion) => {
  const [x = '', computed = ''] = node.inputs;
  const sizes = intsOf(node, 'split');
  const bare = withoutAttributes(node, 'split');
  if (sizes !== null) return [{ ...bare, inputs: [x, conversion.integers(sizes)] }];
  if (computed !== '') return [bare];
  return [withAttribute({ ...bare, inputs: [x] }, 'num_outputs', { kind: 'int', value: node.outputs.length })];
};

/** A scalar constant of the same type as another value: made so where that type is known, cast to it where it is not. */
function scalarLike(value: number, like: string, conversion: Conversion): { name: string; nodes: readonly Node[] } {
  const { type } = conversion.fact(like);
  if (type === 'float64') return { name: conversion.constant(float64Constant([], [value])), nodes: [] };
  const scalar = conversion.constant(float32Constant([], [value]));
  if (type === 'float32') return { name: scalar, nodes: [] };
  const [cast, name] = conversion.node('CastLike', [scalar, like]);
  return { name, nodes: [cast] };
}
