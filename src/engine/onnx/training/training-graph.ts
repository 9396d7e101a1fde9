import { availableParallelism } from 'node:os';
import { AssayError } from '#base/errors';
import type { LossSpec } from '../../contract.js';
import { gradientGraph, type GradientGraph } from '../gradient-graph.js';
import type { Graph } from '../graph/ir.js';
import { samplesIn, type NamedTensors } from '../inputs.js';
import { lowered } from '../lowering.js';
import { lossFeeds } from '../losses/feeds.js';
import type { LossForm } from '../losses/form.js';
import type { FileModel } from '../model.js';
import { narrowSideBySide } from '../passes/blocked/side-by-side.js';
import { preparedFeeds, prepareTraining, type Preparation, type TrainingPreparation } from '../prepare.js';
import { compileGraph, floatsOf, type RuntimeValue, type Session } from '../session.js';
import { shapeFor, type BatchStatistics, type DropoutMask, type TrainingModeOptions } from './mode.js';

/** Numbers of a model by name: what moves while it is trained, and what is computed of it. */
export type Values = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

/** What is differentiated, and how the graph runs meanwhile. */
export interface TrainingForm {
  /** Constants that are fed instead of stored. */
  readonly fed: readonly string[];
  /** Values by which the loss is differentiated; null for where the model's input gradient is taken. */
  readonly wrt: readonly string[] | null;
  readonly mode: TrainingModeOptions;
  readonly loss: LossForm;
  /** In each execution. */
  readonly samples: number;
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
    private readonly prepared: TrainingPreparation,
    private readonly session: Session,
    private readonly file: FileModel,
  ) {}

  static async compile(preparation: Preparation, form: TrainingForm): Promise<TrainingGraph> {
    const { spec, file } = preparation;
    const prepared = await prepareTraining(preparation, form.mode, form.samples);
    const graph = withFedConstants(prepared.graph, form.fed);
    const statistics = prepared.statistics.flatMap(({ mean, variance }) => [mean, variance]);
    const wrt = form.wrt ?? [prepared.at];
    const compiled = gradientGraph({ ...prepared, graph }, spec.head, form.loss, wrt, statistics);
    const executed = executable(compiled.graph, prepared, form.samples);
    const options = { threads: THREADS, optimization: 'all', memoryPattern: false, device: spec.device } as const;
    return new TrainingGraph(compiled, prepared, await compileGraph(executed, options), file);
  }

  /** Where the input gradient is taken. */
  get at(): string {
    return this.prepared.at;
  }

  get width(): number {
    return this.prepared.width;
  }

  /** @param masks of dropout layers, 0 or 1 / (1 - ratio) for each element */
  async run(
    values: Values,
    inputs: NamedTensors,
    loss: LossSpec,
    masks: (mask: DropoutMask, shape: readonly number[]) => Float32Array,
  ): Promise<TrainingResult> {
    const { compiled, prepared } = this;
    const rows = samplesIn(inputs);
    if (this.file.batch !== 'dynamic' && this.file.batch !== rows) throw wrongBatch(this.file, rows);
    const feeds: Record<string, RuntimeValue> = {
      ...preparedFeeds(this.file, inputs),
      ...lossFeeds(compiled.feeds, loss, { samples: rows, start: 0, end: rows, rows }, prepared.width),
    };
    for (const [name, { shape, data }] of values) feeds[name] = { type: 'float32', shape, data };
    for (const mask of prepared.masks) {
      const shape = shapeFor(mask.shape, rows);
      feeds[mask.input] = { type: 'float32', shape, data: masks(mask, shape) };
    }
    const results = await this.session.run(feeds, this.#outputs());
    const read = (name: string): Float32Array => floatsOf(name, results.get(name));
    return {
      scores: read(compiled.scores),
      loss: read(compiled.loss),
      gradients: new Map([...compiled.gradients].map(([name, output]) => [name, read(output)] as const)),
      statistics: prepared.statistics.map((of) => ({ of, mean: read(of.mean), variance: read(of.variance) })),
    };
  }

  #outputs(): string[] {
    const { scores, loss, gradients } = this.compiled;
    const statistics = this.prepared.statistics.flatMap(({ mean, variance }) => [mean, variance]);
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

function executable(graph: Graph, { trace, block }: TrainingPreparation, samples: number): Graph {
  const whole = lowered(graph, samples);
  return block === null ? whole : narrowSideBySide(whole, trace, samples, block);
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
