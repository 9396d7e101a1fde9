import { GraphBuilder } from '../graph/builder.js';
import type { Constant, Graph, Node } from '../graph/ir.js';
import { sameShape, type Shape } from '../graph/shape.js';
import type { Trace } from '../graph/trace.js';
import { blockedWeights } from './blocked-weights.js';
import { tilingOf, tournament } from './pooling.js';

/** ONNX Runtime's own operators on tensors [n, channels / block, height, width, block], declared as [n, channels, ...]. */
export const BLOCKED = 'com.microsoft.nchwc';

/**
 * Keeps tensors between convolutions in the blocked layout that the runtime's kernels compute in. The runtime blocks
 * convolutions by itself, but turns every tensor back for the operators in between; here ReLU, residual sums and max
 * poolings work on the blocks, which saves the reordering and makes the copies of a pooling eight or sixteen values
 * long instead of one.
 *
 * @param block lanes of the processor's kernels, see `blockSize`
 */
export function blockedLayout(graph: Graph, trace: Trace, block: number): Graph {
  return new Blocking(graph, trace, block).run();
}

class Blocking {
  readonly #builder: GraphBuilder;
  /** The blocked form of a value by its name. */
  readonly #blocked = new Map<string, string>();
  /** Values that exist in blocked form alone, because their node was converted. */
  readonly #onlyBlocked = new Set<string>();

  constructor(
    private readonly graph: Graph,
    private readonly trace: Trace,
    private readonly block: number,
  ) {
    const opsets = new Map([...graph.opsets, [BLOCKED, 1] as const]);
    this.#builder = new GraphBuilder({ ...graph, opsets }, []);
  }

  run(): Graph {
    for (const node of this.graph.nodes) {
      if (node.domain !== '' || !this.#convert(node)) this.#keep(node);
    }
    for (const { name } of this.graph.outputs) this.#asPlain(name);
    return this.#builder.build(this.graph.outputs);
  }

  /** Whether the node has a blocked form here. */
  #convert(node: Node): boolean {
    switch (node.op) {
      case 'Conv':
        return this.#conv(node);
      case 'Relu':
        return this.#elementwise(node);
      case 'Add':
        return (
          node.inputs.every((input) => sameShape(this.#shape(input), this.#shape(node.outputs[0]))) &&
          this.#elementwise(node)
        );
      case 'MaxPool':
        return this.#pool(node);
      default:
        return false;
    }
  }

  #conv(node: Node): boolean {
    const [input = '', weightName = '', biasName = ''] = node.inputs;
    const weight = this.graph.constants.get(weightName);
    const bias = this.graph.constants.get(biasName);
    if (weight === undefined || !isBlockable(node, weight, this.block)) return false;
    if (biasName !== '' && bias?.type !== 'float32') return false;
    const inputs = weight.shape[1] ?? 0;
    const source = inputs < this.block ? this.#asPlain(input) : this.#asBlocked(input);
    const weights = this.#builder.constant(blockedWeights(weight, this.block), 'blocked');
    const operands = [source, weights, ...(biasName === '' ? [] : [biasName])];
    this.#set(node, this.#builder.add(BLOCKED, 'Conv', operands, node.attributes));
    return true;
  }

  #elementwise(node: Node): boolean {
    if (!node.inputs.every((input) => this.#blocked.has(input))) return false;
    const operands = node.inputs.map((input) => this.#asBlocked(input));
    this.#set(node, this.#builder.add('', node.op, operands, node.attributes));
    return true;
  }

  #pool(node: Node): boolean {
    const input = this.#blocked.get(node.inputs[0] ?? '');
    const tiling = tilingOf(node, this.trace);
    if (input === undefined || tiling === null) return false;
    this.#set(node, tournament(this.#builder, input, tiling, this.block));
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

  #asBlocked(name: string): string {
    const known = this.#blocked.get(name) ?? this.#builder.add(BLOCKED, 'ReorderInput', [name], new Map());
    this.#blocked.set(name, known);
    return known;
  }

  /** The value in the plain layout; turned back, once, under its own name. */
  #asPlain(name: string): string {
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

/** Stride and dilation 1, so that the gradient is such a convolution too; whole blocks of channels. */
function isBlockable(node: Node, weight: Constant, block: number): boolean {
  const [outputs = 0, inputs = 0, ...kernel] = weight.shape;
  const all = (name: string, wanted: number): boolean => {
    const attribute = node.attributes.get(name);
    return attribute?.kind !== 'ints' || attribute.value.every((value) => value === wanted);
  };
  const automatic = node.attributes.get('auto_pad');
  const group = node.attributes.get('group');
  return (
    weight.type === 'float32' &&
    kernel.length === 2 &&
    outputs % block === 0 &&
    (inputs % block === 0 || inputs < block) &&
    (group?.kind !== 'int' || group.value === 1) &&
    (automatic?.kind !== 'string' || automatic.value === 'NOTSET') &&
    all('strides', 1) &&
    all('dilations', 1) &&
    hasSmallPads(node, kernel)
  );
}

/** Padding beyond the kernel would make the padding of the gradient negative. */
function hasSmallPads(node: Node, kernel: readonly number[]): boolean {
  const pads = node.attributes.get('pads');
  return pads?.kind !== 'ints' || pads.value.every((pad, i) => pad < (kernel[i % kernel.length] ?? 0));
}
