import { sizeOf, zeros, type Tensor } from '#base/tensor';
import type { EngineGradient, EngineJacobian, Layer, LayerGradient, LossSpec } from '../contract.js';
import { executedBatch } from './devices/fixed-batch.js';
import { gradientGraph, jacobianGraph, type GradientGraph, type JacobianGraph } from './gradient-graph.js';
import type { Graph } from './graph/ir.js';
import { batches, joined, samplesIn, type Batch, type NamedTensors } from './inputs.js';
import { lowered } from './lowering.js';
import { lossFeeds } from './losses/feeds.js';
import type { LossForm } from './losses/form.js';
import type { FileModel } from './model.js';
import { preparedFeeds, type PreparedGraph } from './prepare.js';
import { compileGraph, floatsOf, optionsFor, type HostedSpec, type RuntimeValue, type Session } from './session.js';

/** A graph over samples as a session: every chosen value for any number of samples, batch by batch. */
class BatchedGraph {
  private constructor(
    private readonly session: Session,
    private readonly rows: number,
    private readonly batch: FileModel['batch'],
    private readonly file: FileModel,
  ) {}

  /** @param rows samples in one execution, where the file leaves the choice */
  static async compile(graph: Graph, spec: HostedSpec, file: FileModel, rows: number): Promise<BatchedGraph> {
    const batch = executedBatch(spec, file.batch, rows);
    return new BatchedGraph(await compileGraph(graph, optionsFor(spec)), rows, batch, file);
  }

  /** @param extra inputs beside the samples, for each batch */
  async run(
    inputs: NamedTensors,
    outputs: readonly string[],
    extra: (batch: Batch, rows: number) => Readonly<Record<string, RuntimeValue>>,
  ): Promise<ReadonlyMap<string, Tensor>> {
    const parts = new Map(outputs.map((name): [string, Float32Array[]] => [name, []]));
    const read: ReadonlyMap<string, RuntimeValue>[] = [];
    for (const batch of batches(inputs, this.batch, this.rows)) {
      const rows = samplesIn(batch.samples);
      const feeds = { ...preparedFeeds(this.file, batch.samples), ...extra(batch, rows) };
      const results = await this.session.run(feeds, outputs);
      for (const [name, own] of parts) {
        const values = floatsOf(name, results.get(name));
        own.push(values.subarray(0, (values.length / rows) * batch.used));
      }
      read.push(results);
    }
    const whole = new Map([...parts].map(([name, own]) => [name, joined(samplesIn(inputs), own)]));
    for (const results of read) this.session.release(results);
    return whole;
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}

/** One gradient graph as a session: scores, losses and gradients of any number of samples. */
export class CompiledGradient {
  private constructor(
    private readonly compiled: GradientGraph,
    private readonly graph: BatchedGraph,
    private readonly width: number,
    private readonly at: string,
    private readonly layer: Layer | null,
  ) {}

  /** @param layer where the gradient is taken; null for where the prepared graph takes it */
  static async compile(
    prepared: PreparedGraph,
    spec: HostedSpec,
    file: FileModel,
    form: LossForm,
    layer: Layer | null = null,
  ): Promise<CompiledGradient> {
    const at = layer?.value ?? prepared.at;
    const compiled = gradientGraph(prepared, spec.head, form, [at], layer === null ? [] : [at]);
    const graph = await BatchedGraph.compile(lowered(compiled.graph, null), spec, file, prepared.rows);
    return new CompiledGradient(compiled, graph, prepared.width, at, layer);
  }

  get substitutes(): GradientGraph['substitutes'] {
    return this.compiled.substitutes;
  }

  /** Whether the scores depend on what is differentiated by at all, as far as gradients tell. */
  get reaches(): boolean {
    return this.compiled.gradients.has(this.at);
  }

  /** @param shape of one sample where the gradient is taken */
  async run(inputs: NamedTensors, loss: LossSpec, shape: readonly number[]): Promise<EngineGradient> {
    return this.#gradient(inputs, shape, await this.#values(inputs, loss));
  }

  async runAtLayer(inputs: NamedTensors, loss: LossSpec, { shape }: Layer): Promise<LayerGradient> {
    const found = await this.#values(inputs, loss);
    const data = found.get(this.at)?.data ?? new Float32Array();
    return { ...this.#gradient(inputs, shape, found), activation: { shape: [samplesIn(inputs), ...shape], data } };
  }

  #values(inputs: NamedTensors, loss: LossSpec): Promise<ReadonlyMap<string, Tensor>> {
    const { compiled } = this;
    const gradient = compiled.gradients.get(this.at);
    const outputs = [compiled.scores, compiled.loss, ...(gradient === undefined ? [] : [gradient])];
    const samples = samplesIn(inputs);
    const wanted = new Set(this.layer === null ? outputs : [...outputs, this.at]);
    return this.graph.run(inputs, [...wanted], ({ start, used }, rows) =>
      lossFeeds(compiled.feeds, loss, { samples, start, end: start + used, rows }, this.width),
    );
  }

  #gradient(inputs: NamedTensors, shape: readonly number[], found: ReadonlyMap<string, Tensor>): EngineGradient {
    const { scores, loss: value, gradients } = this.compiled;
    const whole = [samplesIn(inputs), ...shape];
    const gradient = found.get(gradients.get(this.at) ?? '');
    return {
      scores: found.get(scores) ?? zeros([0, this.width]),
      loss: found.get(value)?.data ?? new Float32Array(),
      gradient: gradient === undefined ? zeros(whole) : { shape: whole, data: gradient.data },
    };
  }

  dispose(): Promise<void> {
    return this.graph.dispose();
  }
}

/** Several rows of the Jacobian in one session. */
export class CompiledJacobian {
  private constructor(
    private readonly compiled: JacobianGraph,
    private readonly graph: BatchedGraph,
    private readonly width: number,
  ) {}

  static async compile(
    prepared: PreparedGraph,
    spec: HostedSpec,
    file: FileModel,
    rows: number,
  ): Promise<CompiledJacobian> {
    const compiled = jacobianGraph(prepared, rows);
    return new CompiledJacobian(
      compiled,
      await BatchedGraph.compile(lowered(compiled.graph, null), spec, file, prepared.rows),
      prepared.width,
    );
  }

  /**
   * @param indices [n, rows]
   * @param shape of one sample where the gradient is taken
   */
  async run(inputs: NamedTensors, indices: Float64Array, shape: readonly number[]): Promise<EngineJacobian> {
    const { scores, rows } = this.compiled;
    const outputs = [scores, ...rows.flatMap(({ gradient }) => gradient ?? [])];
    const found = await this.graph.run(inputs, [...new Set(outputs)], ({ start, used }, padded) =>
      Object.fromEntries(
        rows.map(({ index }, row) => {
          const data = new BigInt64Array(padded);
          for (let i = 0; i < used; i++) data[i] = BigInt(indices[(start + i) * rows.length + row] ?? 0);
          return [index, { type: 'int64', shape: [padded], data } as const];
        }),
      ),
    );
    const n = samplesIn(inputs);
    const size = sizeOf(shape);
    const jacobian = zeros([n, rows.length, ...shape]);
    rows.forEach(({ gradient }, row) => {
      const own = gradient === null ? undefined : found.get(gradient)?.data;
      for (let i = 0; own !== undefined && i < n; i++) {
        jacobian.data.set(own.subarray(i * size, (i + 1) * size), (i * rows.length + row) * size);
      }
    });
    return { scores: found.get(scores) ?? zeros([n, this.width]), rows: jacobian };
  }

  dispose(): Promise<void> {
    return this.graph.dispose();
  }
}

/** Jacobians of the same samples as one, [n, rows, ...]. */
export function sideBySide(
  n: number,
  shape: readonly number[],
  parts: readonly EngineJacobian[],
  scoreWidth: number,
): EngineJacobian {
  const [first, ...others] = parts;
  if (first !== undefined && others.length === 0) return first;
  const size = sizeOf(shape);
  const count = parts.reduce((sum, { rows }) => sum + (rows.shape[1] ?? 0), 0);
  const data = new Float32Array(n * count * size);
  let column = 0;
  for (const { rows } of parts) {
    const width = (rows.shape[1] ?? 0) * size;
    for (let i = 0; i < n; i++) data.set(rows.data.subarray(i * width, (i + 1) * width), i * count * size + column);
    column += width;
  }
  return { scores: first?.scores ?? zeros([n, scoreWidth]), rows: { shape: [n, count, ...shape], data } };
}
