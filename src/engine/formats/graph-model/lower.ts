import { AssayError } from '#base/errors';
import type { ModelBytes } from '../../contract.js';
import { malformed } from '../../onnx/proto/malformed.js';
import type { ManifestWeight } from '../weights-manifest.js';
import type { Emitter } from './emitter.js';
import { calling, type Call } from './functions.js';
import type { Library, Reference, TfFunction, TfGraph, TfNode } from './node-def.js';
import { NodeContext, type Operator } from './node-context.js';
import { operators } from './operators/index.js';
import { executionOrder } from './order.js';
import { DEAD, type TensorValue, type Value } from './value.js';

/** Functions within functions. */
const MAX_DEPTH = 50;
/** Nodes with their functions and loops written out; more are no model. */
const MAX_STEPS = 100_000;

const NONE: ReadonlySet<string> = new Set();

/** Lowers the nodes of a model and of its functions, one after the other. */
export class Lowering {
  readonly #order = new Map<TfGraph, readonly TfNode[]>();
  readonly #calls: ReadonlyMap<string, Operator>;
  readonly #active: string[] = [];
  #steps = 0;

  constructor(
    private readonly model: ModelBytes,
    private readonly library: Library,
    private readonly weights: ReadonlyMap<string, ManifestWeight>,
    private readonly emitter: Emitter,
  ) {
    this.#calls = calling(this.#call);
  }

  /** The nodes that the outputs of the main graph depend on, in the order in which they run. */
  order(outputs: readonly Reference[]): readonly TfNode[] {
    return executionOrder(this.library.main.nodes, outputs, NONE, this.#broken);
  }

  /** @param inputs what placeholders give, by their names */
  run(outputs: readonly Reference[], inputs: ReadonlyMap<string, Value>): Value[] {
    return this.#graph(this.order(outputs), outputs, new Map([...inputs].map(([name, value]) => [name, [value]])), '');
  }

  #graph(
    order: readonly TfNode[],
    outputs: readonly Reference[],
    values: Map<string, readonly Value[]>,
    scope: string,
  ): Value[] {
    for (const node of order) if (!values.has(node.name)) values.set(node.name, this.#node(node, values, scope));
    return outputs.map((reference) => this.#read(reference, values, 'an output'));
  }

  #node(node: TfNode, values: ReadonlyMap<string, readonly Value[]>, scope: string): readonly Value[] {
    this.#count();
    if (node.op === 'Const') return [this.#constant(node, scope)];
    const inputs = node.inputs.map((reference) => this.#read(reference, values, `node \`${node.name}\` (${node.op})`));
    const context = new NodeContext(this.model.main, node, inputs, this.emitter, scope);
    if (node.op !== 'Merge' && inputs.some(({ kind }) => kind === 'dead')) return [DEAD, DEAD];
    const operator = operators.get(node.op) ?? this.#calls.get(node.op);
    return operator === undefined ? context.fail('has no form in ONNX') : operator(context);
  }

  #read({ node, output }: Reference, values: ReadonlyMap<string, readonly Value[]>, reader: string): Value {
    const value = values.get(node)?.[output];
    if (value !== undefined) return value;
    if (!values.has(node)) throw this.#broken(`${reader} reads \`${node}\`, which is not there`);
    throw new AssayError('operator', {
      where: this.model.main,
      what: `${reader} reads output ${output} of node \`${node}\`, which has no form in ONNX`,
    });
  }

  #constant(node: TfNode, scope: string): TensorValue {
    const weight = this.weights.get(node.name);
    if (weight === undefined) throw this.#broken(`the weights manifest lacks the constant \`${node.name}\``);
    if (weight.type === 'string') {
      const what = `node \`${scope}${node.name}\` (Const) holds texts, which have no form in ONNX`;
      throw new AssayError('operator', { where: this.model.main, what });
    }
    const constant = this.#constants.get(node.name) ?? weight;
    this.#constants.set(node.name, constant);
    return this.emitter.constant(constant, weight.type, node.name);
  }

  readonly #constants = new Map<string, Exclude<ManifestWeight, { type: 'string' }>>();

  readonly #call: Call = (context, name, inputs, scope) => {
    const called = this.library.functions.get(name);
    if (called === undefined) throw context.broken(`calls the function \`${name}\`, which is not there`);
    if (this.#active.includes(name)) throw context.broken(`calls the function \`${name}\`, which calls itself`);
    if (this.#active.length === MAX_DEPTH) context.fail(`calls functions more than ${MAX_DEPTH} deep`);
    if (called.inputs.length !== inputs.length) {
      throw context.broken(
        `gives ${inputs.length} values to the function \`${name}\`, which takes ${called.inputs.length}`,
      );
    }
    this.#active.push(name);
    try {
      const given = called.inputs.map((input, i): [string, readonly Value[]] => [input, [inputs[i] ?? DEAD]]);
      return this.#graph(this.#orderOf(called), called.outputs, new Map(given), `${context.name}/${scope}/`);
    } finally {
      this.#active.pop();
    }
  };

  /** Worked out once: the body of a loop is lowered in every turn. */
  #orderOf(called: TfFunction): readonly TfNode[] {
    const order =
      this.#order.get(called) ?? executionOrder(called.nodes, called.outputs, new Set(called.inputs), this.#broken);
    this.#order.set(called, order);
    return order;
  }

  readonly #broken = (what: string): AssayError => malformed(this.model, what, 'Convert the model again.');

  #count(): void {
    if (++this.#steps <= MAX_STEPS) return;
    throw new AssayError('operator', {
      where: this.model.main,
      what: `the graph has more than ${MAX_STEPS} nodes with its functions and loops written out`,
    });
  }
}
