import { availableParallelism } from 'node:os';
import { AssayError } from '#base/errors';
import type { EngineSpec, LossSpec } from '../../contract.js';
import { gradientGraph, type GradientGraph } from '../gradient-graph.js';
import type { Graph } from '../graph/ir.js';
import { fixed, isPerSample, type Shape } from '../graph/shape.js';
import { samplesIn, type NamedTensors } from '../inputs.js';
import { lossFeeds } from '../losses/feeds.js';
import type { LossForm } from '../losses/form.js';
import type { FileModel } from '../model.js';
import { preparedFeeds, type PreparedGraph } from '../prepare.js';
import { compileGraph, floatsOf, type RuntimeValue, type Session } from '../session.js';
import {
  BATCH_NORMALIZATION,
  batchNormalizationInTraining,
  DOMAIN,
  lowerBatchNormalization,
} from './batch-normalization.js';
import { trainingMode, type BatchStatistics, type DropoutMask, type TrainingMode } from './mode.js';

/** Numbers of a model by name: what moves while it is trained, and what is computed of it. */
export type Values = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

/** What is differentiated, and how the graph runs meanwhile. */
export interface TrainingForm {
  /** Constants that are fed instead of stored. */
  readonly fed: readonly string[];
  /** Values by which the loss is differentiated. */
  readonly wrt: readonly string[];
  /** Null for the mode of inference. */
  readonly training: { readonly keepsRunning: (scale: string) => boolean; readonly dropsOut: boolean } | null;
  readonly loss: LossForm;
}

export interface TrainingResult {
  /** [n, width] */
  readonly scores: Float32Array;
  /** Of each sample. */
  readonly loss: Float32Array;
  /** Of the sum of the losses, by name; what the loss does not depend on is left out. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  /** Mean and variance of the batch. */
  readonly statistics: readonly {
    readonly of: BatchStatistics;
    readonly mean: Float32Array;
    readonly variance: Float32Array;
  }[];
}

/** A gradient graph whose weights are fed. */
export class TrainingGraph {
  private constructor(
    private readonly compiled: GradientGraph,
    private readonly mode: TrainingMode,
    private readonly session: Session,
    private readonly file: FileModel,
    private readonly width: number,
  ) {}

  static async compile(
    prepared: PreparedGraph,
    spec: EngineSpec,
    file: FileModel,
    form: TrainingForm,
  ): Promise<TrainingGraph> {
    const { training } = form;
    const mode =
      training === null
        ? { ...prepared, statistics: [], masks: [] }
        : trainingMode(prepared.graph, prepared.trace, training.keepsRunning, training.dropsOut);
    const rules = new Map([...prepared.rules, [`${DOMAIN}.${BATCH_NORMALIZATION}`, batchNormalizationInTraining]]);
    const graph = withFedConstants(mode.graph, form.fed);
    const statistics = mode.statistics.flatMap(({ mean, variance }) => [mean, variance]);
    const differentiated = { ...prepared, trace: mode.trace, rules, graph };
    const compiled = gradientGraph(differentiated, spec.head, form.loss, form.wrt, statistics);
    const lowered = lowerBatchNormalization(compiled.graph, mode.trace);
    const session = await compileGraph(lowered, { threads: THREADS, optimization: 'all', device: spec.device });
    return new TrainingGraph(compiled, mode, session, file, prepared.width);
  }

  /** @param masks of dropout layers, 0 or 1 / (1 - ratio) for each element */
  async run(
    values: Values,
    inputs: NamedTensors,
    loss: LossSpec,
    masks: (mask: DropoutMask, shape: readonly number[]) => Float32Array,
  ): Promise<TrainingResult> {
    const { compiled, mode } = this;
    const rows = samplesIn(inputs);
    if (this.file.batch !== 'dynamic' && this.file.batch !== rows) throw wrongBatch(this.file, rows);
    const feeds: Record<string, RuntimeValue> = {
      ...preparedFeeds(this.file, inputs),
      ...lossFeeds(compiled.feeds, loss, { samples: rows, start: 0, end: rows, rows }, this.width),
    };
    for (const [name, { shape, data }] of values) feeds[name] = { type: 'float32', shape, data };
    for (const mask of mode.masks) {
      const shape = shapeFor(mask.shape, rows);
      feeds[mask.input] = { type: 'float32', shape, data: masks(mask, shape) };
    }
    const results = await this.session.run(feeds, this.#outputs());
    const read = (name: string): Float32Array => floatsOf(name, results.get(name));
    return {
      scores: read(compiled.scores),
      loss: read(compiled.loss),
      gradients: new Map([...compiled.gradients].map(([name, output]) => [name, read(output)] as const)),
      statistics: mode.statistics.map((of) => ({ of, mean: read(of.mean), variance: read(of.variance) })),
    };
  }

  #outputs(): string[] {
    const { scores, loss, gradients } = this.compiled;
    const statistics = this.mode.statistics.flatMap(({ mean, variance }) => [mean, variance]);
    return [...new Set([scores, loss, ...gradients.values(), ...statistics])];
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}

/**
 * Gradients of weights are sums over the batch, and how threads divide a sum changes its last bits: the number depends on the
 * machine alone, not on how many cells run beside.
 */
const THREADS = availableParallelism();

function wrongBatch(file: FileModel, rows: number): AssayError {
  return new AssayError('usage', {
    where: file.name,
    what: `a step takes batches of ${file.batch} samples, as the file does, and ${rows} were given`,
  });
}

export function shapeFor(shape: Shape, rows: number): number[] {
  return shape.map((size) => (isPerSample(size) ? size.perSample * rows : (fixed(size) ?? 0)));
}

function withFedConstants(graph: Graph, names: readonly string[]): Graph {
  const moved = new Set(names);
  const inputs = names.map((name) => {
    const shape = graph.constants.get(name)?.shape ?? [];
    return { name, type: 'float32', shape } as const;
  });
  return {
    ...graph,
    inputs: [...graph.inputs, ...inputs],
    constants: new Map([...graph.constants].filter(([name]) => !moved.has(name))),
  };
}
