import { availableParallelism } from 'node:os';
import { AssayError } from '#base/errors';
import type { LossSpec } from '../../contract.js';
import { forwardGraph, gradientGraph, type GradientGraph } from '../gradient-graph.js';
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

/** What is computed, and how the graph runs meanwhile. */
export interface TrainingForm {
  /** Constants that are fed instead of stored. */
  readonly fed: readonly string[];
  readonly mode: TrainingModeOptions;
  /** Null for scores and statistics alone. */
  readonly differentiated: {
    readonly loss: LossForm;
    /** Values by which the loss is differentiated; null for where the model's input gradient is taken. */
    readonly by: readonly string[] | null;
  } | null;
  /** In each execution. */
  readonly samples: number;
}

export interface TrainingResult {
  /** [n, width] */
  readonly scores: Float32Array;
  /** Of each sample; none where nothing is differentiated. */
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

/** A graph in training mode or as at inference whose weights are fed. */
export class TrainingGraph {
  private constructor(
    private readonly compiled: Compiled,
    private readonly prepared: TrainingPreparation,
    private readonly session: Session,
    private readonly file: FileModel,
  ) {}

  static async compile(preparation: Preparation, form: TrainingForm): Promise<TrainingGraph> {
    const { spec, file } = preparation;
    const { differentiated } = form;
    const prepared = await prepareTraining(preparation, form.mode, form.samples);
    const fed = { ...prepared, graph: withFedConstants(prepared.graph, form.fed) };
    const statistics = prepared.statistics.flatMap(({ mean, variance }) => [mean, variance]);
    const compiled: Compiled =
      differentiated === null
        ? { graph: forwardGraph(fed, statistics), ...NOTHING_DIFFERENTIATED }
        : gradientGraph(fed, spec.head, differentiated.loss, differentiated.by ?? [prepared.at], statistics);
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

  /**
   * @param loss null where nothing is differentiated
   * @param masks of dropout layers, 0 or 1 / (1 - ratio) for each element
   */
  async run(
    values: Values,
    inputs: NamedTensors,
    loss: LossSpec | null,
    masks: (mask: DropoutMask, shape: readonly number[]) => Float32Array,
  ): Promise<TrainingResult> {
    const { compiled, prepared } = this;
    const rows = samplesIn(inputs);
    if (this.file.batch !== 'dynamic' && this.file.batch !== rows) throw wrongBatch(this.file, rows);
    const range = { samples: rows, start: 0, end: rows, rows };
    const feeds: Record<string, RuntimeValue> = {
      ...preparedFeeds(this.file, inputs),
      ...(loss === null ? {} : lossFeeds(compiled.feeds, loss, range, prepared.width)),
    };
    for (const [name, { shape, data }] of values) feeds[name] = { type: 'float32', shape, data };
    for (const mask of prepared.masks) {
      const shape = shapeFor(mask.shape, rows);
      feeds[mask.input] = { type: 'float32', shape, data: masks(mask, shape) };
    }
    const results = await this.session.run(feeds, this.#outputs());
    const read = (name: string): Float32Array => floatsOf(name, results.get(name));
    return {
      scores: read(prepared.scores),
      loss: compiled.loss === null ? new Float32Array() : read(compiled.loss),
      gradients: new Map([...compiled.gradients].map(([name, output]) => [name, read(output)] as const)),
      statistics: prepared.statistics.map((of) => ({ of, mean: read(of.mean), variance: read(of.variance) })),
    };
  }

  #outputs(): string[] {
    const { loss, gradients } = this.compiled;
    const statistics = this.prepared.statistics.flatMap(({ mean, variance }) => [mean, variance]);
    return [...new Set([this.prepared.scores, ...(loss === null ? [] : [loss]), ...gradients.values(), ...statistics])];
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}

type Compiled = Pick<GradientGraph, 'graph' | 'feeds' | 'gradients'> & { readonly loss: string | null };

const NOTHING_DIFFERENTIATED: Omit<Compiled, 'graph'> = { loss: null, feeds: [], gradients: new Map() };

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
