import { Conversion, type Converter } from './conversions/conversion.js';
import {
  axesToInput,
  clipBoundsToInputs,
  dftAxisToInput,
  padsToInputs,
  sliceBoundsToInputs,
  splitSizesToInput,
  topKCountToInput,
} from './conversions/inputs.js';
import {
  coercedToLastAxis,
  gridSampleModes,
  inferenceBatchNormalization,
  inferenceDropout,
  roiAlignPixels,
  scatterElements,
} from './conversions/operators.js';
import { firstResize, optionalResizeInputs, upsampleToResize } from './conversions/resize.js';
import { opsetOf, type Graph, type Node } from './ir.js';

const TARGET_OPSET = 20;
/** The version of the format that came with opset 20. */
const TARGET_IR = 9;

interface Change {
  /** The opset that has the new form. */
  readonly since: number;
  readonly convert: Converter;
}

const gone: Converter = (node, conversion) => conversion.fail(node, 'is an operator that later opsets do not have');
const subgraphs: Converter = (node, conversion) => conversion.fail(node, 'holds subgraphs');

/**
 * What changed between opset 7 and opset 20, ascending; the first change after a graph's opset brings a node all the way.
 * Operators that are not here only gained types, optional inputs or attributes whose defaults mean what was before.
 * Source: the change log of ONNX operators (docs/Changelog.md).
 */
const CHANGES: Readonly<Record<string, readonly Change[]>> = {
  BatchNormalization: [{ since: 14, convert: inferenceBatchNormalization }],
  Clip: [{ since: 11, convert: clipBoundsToInputs }],
  DFT: [{ since: 20, convert: dftAxisToInput }],
  Dropout: [{ since: 12, convert: inferenceDropout }],
  GridSample: [{ since: 20, convert: gridSampleModes }],
  Hardmax: [{ since: 13, convert: coercedToLastAxis }],
  LogSoftmax: [{ since: 13, convert: coercedToLastAxis }],
  MeanVarianceNormalization: [{ since: 9, convert: gone }],
  Pad: [{ since: 11, convert: padsToInputs }],
  ReduceL1: [{ since: 18, convert: axesToInput }],
  ReduceL2: [{ since: 18, convert: axesToInput }],
  ReduceLogSum: [{ since: 18, convert: axesToInput }],
  ReduceLogSumExp: [{ since: 18, convert: axesToInput }],
  ReduceMax: [{ since: 18, convert: axesToInput }],
  ReduceMean: [{ since: 18, convert: axesToInput }],
  ReduceMin: [{ since: 18, convert: axesToInput }],
  ReduceProd: [{ since: 18, convert: axesToInput }],
  ReduceSum: [{ since: 13, convert: axesToInput }],
  ReduceSumSquare: [{ since: 18, convert: axesToInput }],
  Resize: [
    { since: 11, convert: firstResize },
    { since: 13, convert: optionalResizeInputs },
  ],
  RoiAlign: [{ since: 16, convert: roiAlignPixels }],
  Scatter: [{ since: TARGET_OPSET, convert: scatterElements }],
  Slice: [{ since: 10, convert: sliceBoundsToInputs }],
  Softmax: [{ since: 13, convert: coercedToLastAxis }],
  Split: [{ since: 18, convert: splitSizesToInput }],
  Squeeze: [{ since: 13, convert: axesToInput }],
  TopK: [{ since: 10, convert: topKCountToInput }],
  Unsqueeze: [{ since: 13, convert: axesToInput }],
  Upsample: [{ since: TARGET_OPSET, convert: upsampleToResize }],
  // Their bodies are written in the old opset too.
  If: [{ since: TARGET_OPSET, convert: subgraphs }],
  Loop: [{ since: TARGET_OPSET, convert: subgraphs }],
  Scan: [{ since: TARGET_OPSET, convert: subgraphs }],
  SequenceMap: [{ since: TARGET_OPSET, convert: subgraphs }],
  // Experiments of the first opsets.
  ...Object.fromEntries(
    ['ATen', 'Affine', 'Crop', 'DynamicSlice', 'GRUUnit', 'GivenTensorFill', 'ImageScaler', 'ParametricSoftplus']
      .concat('Scale', 'ScaledTanh')
      .map((op) => [op, [{ since: TARGET_OPSET, convert: gone }]]),
  ),
};

/**
 * A graph that computes the same with every standard operator in the form that it has in opset 20, so that whatever reads
 * graphs knows one form. Graphs of opset 20 or later stay as they are.
 *
 * @throws AssayError `operator` that names the node whose old form has no new one.
 */
export function upgradeGraph(graph: Graph): Graph {
  const opset = opsetOf(graph);
  if (opset >= TARGET_OPSET) return graph;
  const conversion = new Conversion(graph);
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    for (const converted of convertNode(node, opset, conversion)) {
      conversion.learn(converted);
      nodes.push(converted);
    }
  }
  return {
    ...graph,
    irVersion: Math.max(graph.irVersion, TARGET_IR),
    opsets: new Map([...graph.opsets, ['', TARGET_OPSET]]),
    nodes,
    constants: conversion.constants,
  };
}

function convertNode(node: Node, opset: number, conversion: Conversion): readonly Node[] {
  if (node.domain !== '' || !Object.hasOwn(CHANGES, node.op)) return [node];
  const change = CHANGES[node.op]?.find(({ since }) => opset < since);
  return change === undefined ? [node] : change.convert(node, conversion);
}
