import type { Layer } from '../../contract.js';
import type { Graph, Node } from './ir.js';
import { fixedFrom, sameDimension, type Dimension } from './shape.js';
import type { Trace } from './trace.js';

/** Operators with weights, by the position of the weight whose name tells the layer's. */
const WEIGHT_AT: Readonly<Record<string, number>> = {
  BatchNormalization: 1,
  Conv: 1,
  ConvTranspose: 1,
  GRU: 1,
  Gather: 0,
  Gemm: 1,
  LSTM: 1,
  LayerNormalization: 1,
  MatMul: 1,
  RNN: 1,
};

/** Nodes that Assay added are no layers of the model. */
const OWN = 'assay/';

/**
 * The places of a graph that have one tensor of real numbers a sample, in order, each under a unique name: that of the
 * module that held the weights where they tell (`layer1.0.conv1.weight`), else that of the node without slashes, else the
 * operator. A name that comes again gets a number.
 */
export function layersOf(graph: Graph, trace: Trace, rows: Dimension = { perSample: 1 }): Layer[] {
  const taken = new Map<string, number>();
  return graph.nodes.flatMap((node) => {
    const [value = ''] = node.outputs;
    const traced = trace.get(value);
    const [first = 0] = traced?.shape ?? [];
    const shape = fixedFrom(traced?.shape ?? [], 1);
    if (node.name.startsWith(OWN)) return [];
    if (traced?.type !== 'float32' || !sameDimension(first, rows) || shape === null || shape.length === 0) return [];
    return [{ name: unique(taken, nameOf(node, graph)), operator: node.op, value, shape }];
  });
}

function nameOf(node: Node, graph: Graph): string {
  const weight = node.inputs[WEIGHT_AT[node.op] ?? -1] ?? '';
  const module = /^(.+)\.(weight|kernel|bias|weight_g)$/.exec(weight)?.[1];
  if (module !== undefined && graph.constants.has(weight)) return module;
  const parts = node.name.split('/').filter((part) => part !== '');
  // PyTorch repeats a module's path within each part: /layer1/layer1.0/conv1/Conv.
  const path = parts.filter((part, i) => !(parts[i + 1] ?? '').startsWith(`${part}.`));
  return path.length === 0 ? node.op : path.join('.');
}

function unique(taken: Map<string, number>, name: string): string {
  const times = (taken.get(name) ?? 0) + 1;
  taken.set(name, times);
  return times === 1 ? name : `${name}#${times}`;
}
