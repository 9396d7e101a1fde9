import { AssayError } from '#base/errors';
import { rowsOf, type Tensor } from '#base/tensor';
import type { EngineGradient, EngineSpec, EngineTrainer, TrainingOptions, TrainingState } from '../contract.js';
import { gradientGraph, type GradientGraph } from './gradient-graph.js';
import { float32Constant, float32Of } from './graph/constants.js';
import type { Constant, Graph, Node } from './graph/ir.js';

import { lossFeeds } from './losses/feeds.js';
import type { FileModel } from './model.js';
import { PIXELS } from './passes/normalization.js';
import type { PreparedGraph } from './prepare.js';
import { encodeModel } from './proto/codec.js';
import { compileGraph, floatsOf, type RuntimeValue, type Session } from './session.js';

/** Inputs of an operator that hold weights. */
const WEIGHT_INPUTS: Readonly<Record<string, readonly number[]>> = { Gemm: [1, 2], Conv: [1, 2], MatMul: [0, 1] };

/** The constants that training moves: weights and biases of dense and convolutional layers. */
export function parametersOf(graph: Graph): string[] {
  const products = new Set(graph.nodes.filter((node) => node.op === 'MatMul').flatMap((node) => node.outputs));
  const names = graph.nodes.flatMap((node) => [...weightInputs(node), ...biasInputs(node, products)]);
  const isWeight = (name: string): boolean => {
    const constant = graph.constants.get(name);
    return constant?.type === 'float32' && constant.shape.length > 0;
  };
  return [...new Set(names)].filter(isWeight);
}

function weightInputs(node: Node): string[] {
  const positions = node.domain === '' ? (WEIGHT_INPUTS[node.op] ?? []) : [];
  return positions.map((position) => node.inputs[position] ?? '');
}

/** What is added to a matrix product is its bias. */
function biasInputs(node: Node, products: ReadonlySet<string>): string[] {
  return node.op === 'Add' && node.inputs.some((input) => products.has(input)) ? [...node.inputs] : [];
}

/**
 * Opens a trainer: weights become inputs of the gradient graph, gradients by them its outputs, and steps of stochastic
 * gradient descent with classical momentum move them (Sutskever et al. 2013, in the form of PyTorch's SGD).
 */
export async function openTrainer(
  file: FileModel,
  spec: EngineSpec,
  prepared: PreparedGraph,
  options: TrainingOptions,
): Promise<EngineTrainer> {
  // What a rewrite has made of weights could not be written back.
  const names = parametersOf(prepared.graph).filter((name) => file.graph.constants.has(name));
  const weights = new Map(names.map((name) => [name, weightOf(prepared.graph, name)]));
  const byWeights = await TrainingGraph.compile(prepared, spec, names, names);
  return new Descent(file, spec, prepared, options, weights, byWeights);
}

function weightOf(graph: Graph, name: string): { shape: readonly number[]; data: Float32Array } {
  const constant = graph.constants.get(name);
  if (constant === undefined) throw new AssayError('model', { what: `the weight \`${name}\` is gone` });
  return { shape: constant.shape, data: float32Of(constant).slice() };
}

type Weights = ReadonlyMap<string, Tensor>;

class Descent implements EngineTrainer {
  readonly #velocity: ReadonlyMap<string, Float32Array>;
  #byInputs: Promise<TrainingGraph> | null = null;

  constructor(
    private readonly original: FileModel,
    private readonly spec: EngineSpec,
    private readonly prepared: PreparedGraph,
    private readonly options: TrainingOptions,
    private readonly weights: Weights,
    private readonly byWeights: TrainingGraph,
  ) {
    this.#velocity = new Map([...weights].map(([name, { data }]) => [name, new Float32Array(data.length)]));
  }

  async step(inputs: Tensor, labels: Float64Array): Promise<number> {
    const { loss, gradients } = await this.byWeights.run(this.weights, inputs, labels);
    const { learningRate, momentum } = this.options;
    for (const [name, { data }] of this.weights) {
      const gradient = gradients.get(name);
      const velocity = this.#velocity.get(name);
      if (gradient === undefined || velocity === undefined) continue;
      // The graph gives the gradient of the sum of losses.
      const scale = 1 / rowsOf(inputs);
      for (let i = 0; i < data.length; i++) {
        const moved = momentum * (velocity[i] ?? 0) + scale * (gradient[i] ?? 0);
        velocity[i] = moved;
        data[i] = (data[i] ?? 0) - learningRate * moved;
      }
    }
    return loss.reduce((sum, value) => sum + value, 0) / rowsOf(inputs);
  }

  async inputGradient(inputs: Tensor, labels: Float64Array): Promise<EngineGradient> {
    this.#byInputs ??= TrainingGraph.compile(this.prepared, this.spec, [...this.weights.keys()], [PIXELS]);
    const { scores, loss, gradients } = await (await this.#byInputs).run(this.weights, inputs, labels);
    const data = gradients.get(PIXELS) ?? new Float32Array(inputs.data.length);
    return { scores, loss, gradient: { shape: inputs.shape, data } };
  }

  state(): TrainingState {
    const state: Record<string, Float32Array> = {};
    for (const [name, { data }] of this.weights) state[`weight:${name}`] = data.slice();
    for (const [name, data] of this.#velocity) state[`velocity:${name}`] = data.slice();
    return state;
  }

  restore(state: TrainingState): void {
    for (const [name, { data }] of this.weights) data.set(state[`weight:${name}`] ?? data);
    for (const [name, data] of this.#velocity) data.set(state[`velocity:${name}`] ?? data);
  }

  file(): Uint8Array {
    const constants = new Map<string, Constant>(this.original.graph.constants);
    for (const [name, { shape, data }] of this.weights) constants.set(name, float32Constant(shape, data));
    return encodeModel({ ...this.original.graph, constants });
  }

  async dispose(): Promise<void> {
    await this.byWeights.dispose();
    await (await this.#byInputs)?.dispose();
  }
}

/** A gradient graph whose weights are fed instead of stored. */
class TrainingGraph {
  private constructor(
    private readonly compiled: GradientGraph,
    private readonly session: Session,
    private readonly width: number,
  ) {}

  static async compile(
    prepared: PreparedGraph,
    spec: EngineSpec,
    weights: readonly string[],
    wrt: readonly string[],
  ): Promise<TrainingGraph> {
    const graph = withWeightsAsInputs(prepared.graph, weights);
    const compiled = gradientGraph({ ...prepared, graph }, spec.head, { kind: 'cross-entropy' }, wrt);
    // Gradients of weights are sums over the batch, and how threads divide a sum changes its last bits: always one.
    const options = { threads: 1, optimization: 'all', device: spec.device } as const;
    return new TrainingGraph(compiled, await compileGraph(compiled.graph, options), prepared.width);
  }

  async run(weights: Weights, inputs: Tensor, labels: Float64Array): Promise<TrainingResult> {
    const { compiled } = this;
    const rows = rowsOf(inputs);
    const loss = { kind: 'cross-entropy', labels } as const;
    const feeds: Record<string, RuntimeValue> = {
      [PIXELS]: { type: 'float32', shape: inputs.shape, data: inputs.data },
      ...lossFeeds(compiled.feeds, loss, { samples: rows, start: 0, end: rows, rows }, this.width),
    };
    for (const [name, { shape, data }] of weights) feeds[name] = { type: 'float32', shape, data };
    const results = await this.session.run(feeds, [compiled.scores, compiled.loss, ...compiled.gradients.values()]);
    const scores = floatsOf(compiled.scores, results.get(compiled.scores));
    return {
      scores: { shape: [rowsOf(inputs), this.width], data: scores },
      loss: floatsOf(compiled.loss, results.get(compiled.loss)),
      gradients: new Map(
        [...compiled.gradients].map(([name, output]) => [name, floatsOf(output, results.get(output))] as const),
      ),
    };
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}

interface TrainingResult {
  readonly scores: Tensor;
  /** Of each sample. */
  readonly loss: Float32Array;
  /** Of the sum of the losses, by weight. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

function withWeightsAsInputs(graph: Graph, weights: readonly string[]): Graph {
  const moved = new Set(weights);
  const inputs = weights.map((name) => {
    const shape = graph.constants.get(name)?.shape ?? [];
    return { name, type: 'float32', shape } as const;
  });
  return {
    ...graph,
    inputs: [...graph.inputs, ...inputs],
    constants: new Map([...graph.constants].filter(([name]) => !moved.has(name))),
  };
}
