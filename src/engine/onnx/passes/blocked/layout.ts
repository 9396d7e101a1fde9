import { floatOf, withAttribute } from '../../graph/attributes.js';
import { GraphBuilder } from '../../graph/builder.js';
import { float32Of } from '../../graph/constants.js';
import type { Attribute, Graph, Node } from '../../graph/ir.js';
import { sameShape, type Shape } from '../../graph/shape.js';
import type { Trace } from '../../graph/trace.js';
import { overlapOf, overlappingTournament, tilingOf, tournament } from '../pooling.js';
import { CHANNEL_STATISTICS, OWN_DOMAIN } from '../../own-operators.js';
import { Uses } from '../uses.js';
import { eachChannel } from './channels.js';
import { blockableConv, type BlockableConv } from './convolution.js';
import { BLOCKED } from './domain.js';
import { appendFedWeights } from './fed-weights.js';
import { blockedWeights } from './weights.js';

/**
 * Keeps tensors between convolutions in the blocked layout that the runtime's kernels compute in. The runtime blocks
 * convolutions by itself, but turns every tensor back for the operators in between; here activations, residual sums and max
 * poolings work on the blocks, which saves the reordering and makes the copies of a pooling eight or sixteen values
 * long instead of one. Sums and activations that only follow a convolution are computed by it.
 *
 * @param block lanes of the processor's kernels, see `blockSize`
 * @param weights `constant`, or `fed` where they will move and have to be brought into order at each execution
 */
export function blockedLayout(
  graph: Graph,
  trace: Trace,
  block: number,
  weights: 'constant' | 'fed' = 'constant',
): Graph {
  return new Blocking(graph, trace, block, weights).run();
}

/** Work on each element by itself, wherever it lies. */
const ELEMENTWISE: ReadonlySet<string> = new Set(
  (
    'Abs Add Clip Div Elu Erf Exp Gelu HardSigmoid HardSwish LeakyRelu Max Min Mish Mul Neg Relu Selu Sigmoid Softplus ' +
    'Softsign Sqrt Sub Tanh'
  ).split(' '),
);

/** A convolution that is not in the graph yet: what follows it may become a part of it. */
interface Convolution {
  /** Source, weights, bias and sum; empty where one is left out. */
  readonly inputs: readonly [string, string, string, string];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** The last node that became a part of it: its output is the result. */
  readonly node: Node;
}

class Blocking {
  readonly #builder: GraphBuilder;
  readonly #uses: Uses;
  /** The blocked form of a value by its name. */
  readonly #blocked = new Map<string, string>();
  /** Values that exist in blocked form alone, because their node was converted. */
  readonly #onlyBlocked = new Set<string>();
  readonly #open = new Map<string, Convolution>();

  constructor(
    private readonly graph: Graph,
    private readonly trace: Trace,
    private readonly block: number,
    private readonly weights: 'constant' | 'fed',
  ) {
    const opsets = new Map([...graph.opsets, [BLOCKED, 1] as const]);
    this.#builder = new GraphBuilder({ ...graph, opsets }, []);
    this.#uses = new Uses(graph);
  }

  run(): Graph {
    for (const node of this.graph.nodes) {
      if (!(node.domain === '' ? this.#convert(node) : this.#statistics(node))) this.#keep(node);
    }
    for (const { name } of this.graph.outputs) this.#asPlain(name);
    return this.#builder.build(this.graph.outputs);
  }

  /** Whether the node has a blocked form here. */
  #convert(node: Node): boolean {
    switch (node.op) {
      case 'Conv':
        return this.#conv(node);
      case 'MaxPool':
        return this.#pool(node);
      case 'Concat':
        return this.#concat(node);
      case 'BatchNormalization':
        return this.weights === 'fed' && this.#normalization(node);
      default:
        return ELEMENTWISE.has(node.op) && this.#elementwise(node);
    }
  }

  #conv(node: Node): boolean {
    const [input = '', , biasName = ''] = node.inputs;
    const bias = this.graph.constants.get(biasName);
    const conv = blockableConv(node, this.graph, this.#shape(input), this.block);
    if (conv === null || (biasName !== '' && bias?.type !== 'float32')) return false;
    if (this.weights === 'fed' && !conv.hasWeightGradient) return false;
    const source = conv.readsPlain ? this.#asPlain(input) : this.#asBlocked(input);
    const weights = this.#weights(node, conv);
    this.#open.set(node.outputs[0] ?? '', {
      inputs: [source, weights, biasName, ''],
      attributes: node.attributes,
      node,
    });
    return true;
  }

  #weights(node: Node, { weight }: BlockableConv): string {
    if (this.weights === 'fed') return appendFedWeights(this.#builder, node.inputs[1] ?? '', weight.shape, this.block);
    return this.#builder.constant(blockedWeights(weight, this.block), 'blocked');
  }

  /** A factor and a shift of each channel: a convolution, which what follows it may become a part of. */
  #normalization(node: Node): boolean {
    const [input = '', scale = '', bias = '', mean = '', variance = ''] = node.inputs;
    const channels = this.#shape(input)[1];
    if (!this.#isBlocked(input) || typeof channels !== 'number') return false;
    const builder = this.#builder;
    const shifted = builder.node('Add', [variance, builder.scalar(floatOf(node, 'epsilon', 1e-5))]);
    const factor = builder.node('Div', [scale, builder.node('Sqrt', [shifted])]);
    const shift = builder.node('Sub', [bias, builder.node('Mul', [mean, factor])]);
    const weights = builder.reshape(factor, [channels, 1, 1, 1]);
    this.#open.set(node.outputs[0] ?? '', {
      inputs: [this.#asBlocked(input), weights, shift, ''],
      attributes: eachChannel(channels),
      node,
    });
    return true;
  }

  /** Statistics of the channels of a blocked value. */
  #statistics(node: Node): boolean {
    const [input = ''] = node.inputs;
    if (node.op !== CHANNEL_STATISTICS || node.domain !== OWN_DOMAIN || !this.#isBlocked(input)) return false;
    this.#builder.append(
      withAttribute({ ...node, inputs: [this.#asBlocked(input)] }, 'blocked', { kind: 'int', value: 1 }),
    );
    return true;
  }

  #elementwise(node: Node): boolean {
    const [value = '', ...others] = node.inputs;
    const operands = node.op === 'Clip' ? [value] : node.inputs;
    const shape = this.#shape(node.outputs[0]);
    if (!operands.every((input) => this.#isBlocked(input) && sameShape(this.#shape(input), shape))) return false;
    if (this.#becomesActivation(node) || this.#becomesSum(node)) return true;
    const inputs = [...operands.map((input) => this.#asBlocked(input)), ...(node.op === 'Clip' ? others : [])];
    this.#set(node, this.#builder.add('', node.op, inputs, node.attributes));
    return true;
  }

  /** A ReLU or a Clip behind nothing but a convolution. */
  #becomesActivation(node: Node): boolean {
    const conv = this.#openFor(node, node.inputs[0]);
    const activation = activationOf(node, this.graph);
    if (conv === null || activation === null || conv.attributes.has('activation')) return false;
    this.#extend(conv, node, { attributes: new Map([...conv.attributes, ...activation]) });
    return true;
  }

  /** A sum of which one part is nothing but the result of a convolution. */
  #becomesSum(node: Node): boolean {
    if (node.op !== 'Add' || node.inputs[0] === node.inputs[1]) return false;
    // The part that was computed last: the other one is there already.
    for (const position of [1, 0]) {
      const conv = this.#openFor(node, node.inputs[position]);
      if (conv === null || conv.inputs[3] !== '' || conv.attributes.has('activation')) continue;
      const sum = this.#asBlocked(node.inputs[1 - position] ?? '');
      const [source, weights, bias] = conv.inputs;
      this.#extend(conv, node, { inputs: [source, weights, bias, sum] });
      return true;
    }
    return false;
  }

  /** The open convolution whose result only `reader` reads. */
  #openFor(reader: Node, value: string | undefined): Convolution | null {
    const conv = this.#open.get(value ?? '');
    const isPrivate =
      conv !== undefined && this.#uses.areOnlyFor(new Set([conv.node, reader]), reader.outputs[0] ?? '');
    return isPrivate ? conv : null;
  }

  #extend(conv: Convolution, node: Node, change: Partial<Convolution>): void {
    this.#open.delete(conv.node.outputs[0] ?? '');
    this.#open.set(node.outputs[0] ?? '', { ...conv, ...change, node });
  }

  #pool(node: Node): boolean {
    const [input = ''] = node.inputs;
    if (!this.#isBlocked(input)) return false;
    const tiling = tilingOf(node, this.trace);
    const overlap = overlapOf(node, this.trace);
    if (tiling !== null) this.#set(node, tournament(this.#builder, this.#asBlocked(input), tiling, this.block));
    else if (overlap !== null) {
      this.#set(node, overlappingTournament(this.#builder, this.#asBlocked(input), overlap, this.block));
    } else return false;
    return true;
  }

  /** Along channels, in whole blocks: each sample's blocks lie one after the other. */
  #concat(node: Node): boolean {
    const axis = node.attributes.get('axis');
    const shape = this.#shape(node.outputs[0]);
    const alongChannels = axis?.kind === 'int' && (axis.value === 1 || axis.value === 1 - shape.length);
    if (!alongChannels || !node.inputs.every((input) => this.#isBlocked(input))) return false;
    const inputs = node.inputs.map((input) => this.#asBlocked(input));
    this.#set(node, this.#builder.add('', 'Concat', inputs, new Map([['axis', { kind: 'int', value: 1 }]])));
    return true;
  }

  #keep(node: Node): void {
    for (const input of node.inputs) this.#asPlain(input);
    for (const attribute of node.attributes.values()) {
      if (attribute.kind === 'opaque') attribute.captures.forEach((name) => this.#asPlain(name));
    }
    this.#builder.append(node);
  }

  #set(node: Node, blocked: string): void {
    const [output = ''] = node.outputs;
    this.#blocked.set(output, blocked);
    this.#onlyBlocked.add(output);
  }

  #isBlocked(name: string): boolean {
    return this.#blocked.has(name) || this.#open.has(name);
  }

  /** Puts an open convolution into the graph. */
  #close(name: string): void {
    const conv = this.#open.get(name);
    if (conv === undefined) return;
    this.#open.delete(name);
    const last = conv.inputs.findLastIndex((input) => input !== '');
    this.#blocked.set(name, this.#builder.add(BLOCKED, 'Conv', conv.inputs.slice(0, last + 1), conv.attributes));
    this.#onlyBlocked.add(name);
  }

  #asBlocked(name: string): string {
    this.#close(name);
    const known = this.#blocked.get(name) ?? this.#builder.add(BLOCKED, 'ReorderInput', [name], new Map());
    this.#blocked.set(name, known);
    return known;
  }

  /** The value in the plain layout; turned back, once, under its own name. */
  #asPlain(name: string): string {
    this.#close(name);
    const blocked = this.#blocked.get(name);
    if (blocked === undefined || !this.#onlyBlocked.delete(name)) return name;
    const channels = this.#shape(name)[1];
    this.#builder.append({
      op: 'ReorderOutput',
      domain: BLOCKED,
      name: `${name}/plain`,
      inputs: [blocked],
      outputs: [name],
      attributes: new Map([['channels', { kind: 'int', value: typeof channels === 'number' ? channels : 0 }]]),
    });
    return name;
  }

  #shape(name: string | undefined): Shape {
    return this.trace.get(name ?? '')?.shape ?? [];
  }
}

/** The attributes that make a convolution apply an activation; null where its kernels have none like it. */
function activationOf(node: Node, graph: Graph): [string, Attribute][] | null {
  const named = (value: string): [string, Attribute] => ['activation', { kind: 'string', value }];
  if (node.op === 'Relu') return [named('Relu')];
  if (node.op !== 'Clip') return null;
  const bounds = [1, 2].map((i) => graph.constants.get(node.inputs[i] ?? ''));
  const values = bounds.map((bound) => (bound?.type === 'float32' ? float32Of(bound)[0] : undefined));
  if (!values.every((value) => value !== undefined)) return null;
  return [named('Clip'), ['activation_params', { kind: 'floats', value: values }]];
}
