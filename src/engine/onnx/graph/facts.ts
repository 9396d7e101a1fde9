import { intOf } from './attributes.js';
import { integersOf } from './constants.js';
import { elementTypeOf } from './element-type.js';
import type { Constant, ElementType, Graph, Node } from './ir.js';

/** What is known of a value without executing anything. Undefined: not known. */
export interface Fact {
  readonly type?: ElementType | undefined;
  readonly rank?: number | undefined;
}

const UNKNOWN: Fact = {};

/** The outputs of these are like their first input in type and rank. */
const LIKE_INPUT: ReadonlySet<string> = new Set(
  (
    'Abs Acos Acosh Asin Asinh Atan Atanh AveragePool BatchNormalization BitShift Ceil Celu Clip Concat Conv ' +
    'ConvTranspose Cos Cosh CumSum DepthToSpace Dropout Elu Erf Exp Floor Gelu GlobalAveragePool GlobalLpPool ' +
    'GlobalMaxPool HardSigmoid HardSwish Hardmax Identity InstanceNormalization LRN LayerNormalization LeakyRelu Log ' +
    'LogSoftmax LpNormalization LpPool MaxPool MeanVarianceNormalization Mish Neg Not PRelu Pad Reciprocal Relu Resize ' +
    'Round ScatterElements ScatterND Selu Shrink Sigmoid Sign Sin Sinh Slice Softmax Softplus Softsign SpaceToDepth ' +
    'Split Sqrt Tan Tanh ThresholdedRelu Tile Transpose Trilu'
  ).split(' '),
);

const BROADCAST: ReadonlySet<string> = new Set('Add Div Max Mean Min Mod Mul Pow Sub Sum'.split(' '));

/** Types and ranks of a graph's values, node by node. Nodes have to be in the form of opset 18 or later. */
export class Facts {
  readonly #constants: ReadonlyMap<string, Constant>;
  readonly #facts = new Map<string, Fact>();

  /** @param constants may grow while facts are learnt */
  constructor(graph: Pick<Graph, 'inputs'>, constants: ReadonlyMap<string, Constant>) {
    this.#constants = constants;
    for (const { name, type, shape } of graph.inputs) this.#facts.set(name, { type, rank: shape?.length });
  }

  of(name: string | undefined): Fact {
    if (name === undefined) return UNKNOWN;
    const constant = this.#constants.get(name);
    if (constant !== undefined) return { type: constant.type, rank: constant.shape.length };
    return this.#facts.get(name) ?? UNKNOWN;
  }

  learn(node: Node): void {
    const fact = this.#infer(node);
    // Second outputs (masks, indices) often have another type; nothing here needs them.
    const outputs = node.op === 'Split' ? node.outputs : node.outputs.slice(0, 1);
    for (const output of outputs) this.#facts.set(output, fact);
  }

  #infer(node: Node): Fact {
    if (node.domain !== '') return UNKNOWN;
    const [first, second] = node.inputs;
    const input = this.of(first);
    if (LIKE_INPUT.has(node.op)) return input;
    if (BROADCAST.has(node.op)) return { type: input.type, rank: this.#highestRank(node.inputs) };
    switch (node.op) {
      case 'Cast':
        return { type: elementTypeOf(intOf(node, 'to', 0)), rank: input.rank };
      case 'Gemm':
      case 'Flatten':
        return { type: input.type, rank: 2 };
      case 'MatMul': {
        const rank = this.#highestRank(node.inputs);
        return {
          type: input.type,
          rank: (input.rank ?? 0) >= 2 && (this.of(second).rank ?? 0) >= 2 ? rank : undefined,
        };
      }
      case 'Reshape':
        return { type: input.type, rank: this.#integers(second)?.length };
      case 'Squeeze':
        return { type: input.type, rank: this.#shifted(input.rank, second, -1) };
      case 'Unsqueeze':
        return { type: input.type, rank: this.#shifted(input.rank, second, 1) };
      case 'ReduceMean':
      case 'ReduceSum':
      case 'ReduceMax':
      case 'ReduceMin':
        return { type: input.type, rank: this.#reducedRank(node, input.rank) };
      case 'Shape':
        return { type: 'int64', rank: 1 };
      default:
        return UNKNOWN;
    }
  }

  #highestRank(names: readonly string[]): number | undefined {
    const ranks = names.map((name) => this.of(name).rank);
    return ranks.every((rank) => rank !== undefined) ? Math.max(...ranks) : undefined;
  }

  #reducedRank(node: Node, rank: number | undefined): number | undefined {
    return intOf(node, 'keepdims', 1) === 1 ? rank : this.#shifted(rank, node.inputs[1], -1);
  }

  #shifted(rank: number | undefined, axes: string | undefined, sign: 1 | -1): number | undefined {
    const count = this.#integers(axes)?.length ?? 0;
    // No axes, left out or empty, mean all of them to most operators.
    return rank === undefined || count === 0 ? undefined : rank + sign * count;
  }

  #integers(name: string | undefined): number[] | undefined {
    const constant = name === undefined ? undefined : this.#constants.get(name);
    return constant?.type === 'int64' ? integersOf(constant) : undefined;
  }
}
