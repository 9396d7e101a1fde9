import { sizeOf } from '#base/tensor';
import { gradientRules } from '../src/engine/onnx/autodiff/rules/index.js';
import type { Attribute, Constant, ElementType, Graph } from '../src/engine/onnx/graph/ir.js';
import { decompose } from '../src/engine/onnx/passes/decomposition/index.js';
import type { RuntimeValue } from '../src/engine/onnx/session.js';
import { traceGraph, type Feeds } from '../src/engine/onnx/tracing.js';
import { float32, graphOf, node } from './onnx-graphs.js';
import { expectSameOutputs } from './same-outputs.js';

/** A graph of one node. */
export interface LayerCase {
  /** With its domain and a dot in front where it is not the standard one. */
  readonly op: string;
  /** Names of inputs, - for one that is left out. */
  readonly inputs: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly constants?: Readonly<Record<string, Constant>>;
  /** For a number of samples. */
  readonly feeds: (samples: number) => Feeds;
  readonly outputs?: readonly string[];
  /** The outputs that are read: all of them if it does not say. */
  readonly read?: readonly string[];
  readonly opset?: number;
}

/** Computes the same without the layer, for batches of every size, and all of its parts have gradients. */
export async function expectDecomposed(layer: LayerCase): Promise<Graph> {
  const graph = layerGraph(layer);
  const after = await decomposed(layer);
  expect(after.nodes.filter(({ name }) => name === graph.nodes[0]?.name)).toEqual([]);
  const trace = await traceGraph(after, [layer.feeds(2)]);
  const isReal = (name: string): boolean => trace.get(name)?.type.startsWith('float') === true;
  const keys = after.nodes
    .filter(({ outputs }) => outputs.some(isReal))
    .map(({ domain, op }) => (domain === '' ? op : `${domain}.${op}`));
  expect(keys.filter((key) => !gradientRules.has(key))).toEqual([]);
  for (const samples of [2, 5]) await expectSameOutputs(graph, after, layer.feeds(samples));
  return after;
}

/** A form of the layer that is not covered. */
export async function expectUntouched(layer: LayerCase): Promise<void> {
  expect(await decomposed(layer)).toEqual(layerGraph(layer));
}

export async function decomposed(layer: LayerCase): Promise<Graph> {
  const graph = layerGraph(layer);
  return decompose(graph, await traceGraph(graph, [layer.feeds(2), layer.feeds(3)]));
}

export function layerGraph(layer: LayerCase): Graph {
  const { op, inputs, attributes = {}, constants = {}, outputs = ['y'], opset = 23, feeds } = layer;
  const { read = outputs.filter((output) => output !== '') } = layer;
  const [, domain = '', name = op] = /^(.*)\.(.*)$/.exec(op) ?? [];
  const graph = graphOf({
    opset,
    nodes: [
      node(
        name,
        inputs.split(' ').map((input) => (input === '-' ? '' : input)),
        outputs,
        attributes,
        domain,
      ),
    ],
    inputs: Object.entries(feeds(2)).map(([input, { type, shape }]) => {
      return { name: input, type, shape: shape.map((size, axis) => (axis === 0 ? null : size)) };
    }),
    outputs: read,
    constants,
  });
  return {
    ...graph,
    opsets: new Map([
      ['', opset],
      ['com.microsoft', 1],
      ['ai.onnx.ml', 3],
    ]),
  };
}

/** Real numbers between -2 and 2 that repeat nowhere. */
export function wave(shape: readonly number[], phase = 0): RuntimeValue {
  return float32(shape, waveOf(shape, phase));
}

export function waveOf(shape: readonly number[], phase = 0): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, i) => 2 * Math.sin(1.7 * i + phase));
}

/** Integers or booleans from a formula of the position. */
export function counted(
  type: Extract<ElementType, 'bool' | 'int32' | 'int64'>,
  shape: readonly number[],
  value: (position: number) => number,
): RuntimeValue {
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => value(i));
  if (type === 'int64') return { type, shape, data: BigInt64Array.from(values, BigInt) };
  return { type, shape, data: type === 'int32' ? Int32Array.from(values) : Uint8Array.from(values) };
}
