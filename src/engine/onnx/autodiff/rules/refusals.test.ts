import { differentiate } from '../differentiate.js';
import { GraphBuilder } from '../../graph/builder.js';
import { float32Constant, int64Constant } from '../../graph/constants.js';
import type { Attribute, Constant } from '../../graph/ir.js';
import { traceGraph } from '../../tracing.js';
import { gradientRules } from './index.js';
import { float32, graphOf, int, ints, node, text } from '../../../../../test/onnx-graphs.js';

interface Refusal {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly constants: Readonly<Record<string, Constant>>;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly domain?: string;
  readonly sentence: RegExp;
}

const indices = int64Constant([2, 1, 1, 1], [0, 0]);
const updates = float32Constant([2, 1, 1, 1], [1, 2]);
const REFUSALS: readonly Refusal[] = [
  ...['mul', 'max', 'min'].map((reduction) => ({
    op: 'ScatterElements',
    inputs: ['x', 'indices', 'updates'],
    constants: { indices, updates },
    attributes: { axis: int(1), reduction: text(reduction) },
    sentence: new RegExp(`scatters by the reduction \`${reduction}\``),
  })),
  {
    op: 'Resize',
    inputs: ['x', '', '', 'sizes'],
    constants: { sizes: int64Constant([2], [5, 3]) },
    attributes: { axes: ints(2, 3), mode: text('linear'), keep_aspect_ratio_policy: text('not_larger') },
    sentence: /keeps the aspect ratio/,
  },
  {
    op: 'FusedMatMul',
    inputs: ['x', 'b'],
    constants: { b: float32Constant([2, 2, 2, 2], new Float32Array(16)) },
    attributes: { transBatchA: int(1) },
    domain: 'com.microsoft',
    sentence: /transposes the batch/,
  },
];

test.each(REFUSALS)(
  '$op says why it has no gradient: $sentence',
  async ({ op, inputs, constants, attributes, ...rest }) => {
    const x = float32([2, 2, 2, 2], new Float32Array(16));
    const graph = graphOf({
      opset: 20,
      nodes: [node(op, inputs, ['y'], attributes, rest.domain)],
      inputs: [{ name: 'x', type: 'float32', shape: x.shape }],
      outputs: ['y'],
      constants,
    });
    const trace = await traceGraph(graph, [{ x }]);
    const cotangents = new Map([['y', 'cotangent']]);
    const request = { graph, trace, cotangents, wrt: ['x'], rules: gradientRules };
    expect(() => differentiate(new GraphBuilder(graph), request)).toThrow(rest.sentence);
  },
);
