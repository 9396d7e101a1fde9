import { clone, keep, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { AssayError, messageOf } from '#base/errors';
import { describeNode } from '../onnx/graph/describe.js';
import type { Constant, Graph, Node } from '../onnx/graph/ir.js';
import { readsOf } from '../onnx/graph/walk.js';
import type { Body } from '../onnx/proto/body.js';
import type { Call, Operator } from './operator.js';
import { operators } from './operators/index.js';
import { constantValue, valueOf, type Value } from './value.js';

/** Values of a graph by name. */
export type Values = Map<string, Value>;

/** Something that a node gives in another way than its operator does, such as a Dropout that a mask takes the place of. */
export type Replacements = ReadonlyMap<Node, Operator>;

/** Executes graphs node by node. Its constants live until it is disposed. */
export class Interpreter {
  readonly #constants = new Map<string, Value>();
  readonly #derived = new Map<string, Tensor>();
  readonly #bodies = new Map<Body, Body>();

  constructor(
    readonly graph: Graph,
    readonly prepareBody: (body: Body) => Body = (body) => body,
  ) {}

  /**
   * Executes nodes in their order; tensors that are made on the way belong to the caller's tidy.
   *
   * @param given values that are known already: inputs, weights that move, results of other nodes
   */
  run(nodes: readonly Node[], given: ReadonlyMap<string, Value>, replacements: Replacements = NONE): Values {
    const values = new Map(given);
    for (const node of nodes) this.#execute(node, values, replacements);
    return values;
  }

  /**
   * The same for a few results, letting go of every tensor once nothing reads it any more.
   *
   * @param counted is told how many elements each tensor has
   */
  runFor(
    outputs: readonly string[],
    given: ReadonlyMap<string, Value>,
    counted: (elements: number) => void = () => undefined,
  ): Values {
    const { nodes } = this.graph;
    const last = lastReads(nodes, outputs);
    const values = new Map(given);
    const owned = new Set<string>();
    nodes.forEach((node, i) => {
      const made = tidy(() => {
        const known = new Set(values.keys());
        this.#execute(node, values, NONE);
        return [...values].flatMap(([name, { tensor }]) => (known.has(name) ? [] : [tensor]));
      });
      for (const { size } of made) counted(size);
      if (made.length > 0) for (const name of node.outputs) if (values.has(name)) owned.add(name);
      for (const name of last[i] ?? []) {
        if (!owned.has(name)) continue;
        values.get(name)?.tensor.dispose();
        values.delete(name);
      }
    });
    return values;
  }

  /** A constant of the graph, as a tensor that is kept. */
  constant(name: string): Value | undefined {
    const known = this.#constants.get(name);
    const constant = this.graph.constants.get(name);
    if (known !== undefined || constant === undefined) return known;
    const value = kept(constant);
    this.#constants.set(name, value);
    return value;
  }

  dispose(): void {
    for (const { tensor } of this.#constants.values()) tensor.dispose();
    for (const tensor of this.#derived.values()) tensor.dispose();
    this.#constants.clear();
    this.#derived.clear();
  }

  #execute(node: Node, values: Values, replacements: Replacements): void {
    if (node.outputs.every((name) => name === '' || values.has(name))) return;
    const operator = replacements.get(node) ?? operatorOf(node);
    const call = this.#call(node, values, replacements);
    resultsOf(node, operator, call).forEach((value, i) => {
      const name = node.outputs[i] ?? '';
      if (value !== null && name !== '' && !values.has(name)) values.set(name, value);
    });
  }

  #call(node: Node, values: Values, replacements: Replacements): Call {
    return {
      node,
      inputs: node.inputs.map((name) => (name === '' ? null : this.#value(node, name, values))),
      execute: (body, given) => this.#executeBody(node, body, given, values, replacements),
      remember: (name, what, make) => (values.has(name) ? make() : this.#remembered(`${what} of ${name}`, make)),
    };
  }

  #value(node: Node, name: string, values: Values): Value {
    const found = values.get(name) ?? this.constant(name);
    if (found !== undefined) return found;
    throw new AssayError('model', { what: `${describeNode(node)} reads \`${name}\`, which nothing gives` });
  }

  #remembered(key: string, make: () => Tensor): Tensor {
    const known = this.#derived.get(key);
    if (known !== undefined) return known;
    const made = keep(make());
    this.#derived.set(key, made);
    return made;
  }

  /** In a scope of its own, which sees what is outside. */
  #executeBody(node: Node, raw: Body, given: readonly Value[], outer: Values, replacements: Replacements): Value[] {
    const body = this.#prepared(raw);
    const values = new Map(outer);
    for (const name of body.nodes.flatMap(({ outputs }) => outputs)) values.delete(name);
    body.inputs.forEach((name, i) => {
      const value = given[i];
      if (value !== undefined) values.set(name, value);
    });
    for (const [name, constant] of body.constants) values.set(name, constantValue(constant));
    for (const inner of body.nodes) this.#execute(inner, values, replacements);
    return body.outputs.map((name) => {
      const value = this.#value(node, name, values);
      const isOuter = outer.get(name)?.tensor === value.tensor || this.#constants.has(name);
      return isOuter ? { ...value, tensor: clone(value.tensor) } : value;
    });
  }

  #prepared(body: Body): Body {
    const known = this.#bodies.get(body);
    if (known !== undefined) return known;
    const prepared = this.prepareBody(body);
    this.#bodies.set(body, prepared);
    return prepared;
  }
}

const NONE: Replacements = new Map();

function kept(constant: Constant): Value {
  const value = constantValue(constant);
  return { ...value, tensor: keep(value.tensor) };
}

function operatorOf(node: Node): Operator {
  const operator = operators.get(operatorName(node));
  if (operator !== undefined) return operator;
  throw new AssayError('operator', { what: `${describeNode(node)} is an operator that the tfjs engine does not have` });
}

export function operatorName({ domain, op }: Node): string {
  return domain === '' ? op : `${domain}.${op}`;
}

/** What TensorFlow.js refuses is told as an error of the node. */
function resultsOf(node: Node, operator: Operator, call: Call): readonly (Value | null)[] {
  try {
    const results = operator(call);
    if (isList(results)) return results.map((value) => own(value, call));
    return [own('tensor' in results ? results : valueOf(call.inputs[0]?.type ?? 'float32', results), call)];
  } catch (cause) {
    if (cause instanceof AssayError) throw cause;
    throw new AssayError('model', { what: `${describeNode(node)} failed: ${messageOf(cause)}`, cause });
  }
}

/** A tensor of its own: who reads the inputs last lets go of them. */
function own(value: Value | null, call: Call): Value | null {
  const isInput = value !== null && call.inputs.some((input) => input?.tensor === value.tensor);
  return isInput ? { ...value, tensor: clone(value.tensor) } : value;
}

function isList(results: ReturnType<Operator>): results is readonly (Value | null)[] {
  return Array.isArray(results);
}

/** For each node the values that nothing reads behind it. */
function lastReads(nodes: readonly Node[], outputs: readonly string[]): string[][] {
  const last = new Map<string, number>();
  nodes.forEach((node, i) => {
    for (const name of [...node.outputs, ...readsOf(node)]) last.set(name, i);
  });
  const lists: string[][] = nodes.map(() => []);
  for (const [name, i] of last) if (!outputs.includes(name)) lists[i]?.push(name);
  return lists;
}
