import { rowsOf, zeros, type Tensor } from '#base/tensor';
import type { EngineGradient, EngineSpec, LossKind } from '../contract.js';
import { labelFeed } from './feeds.js';
import { gradientGraph, type GradientGraph, type PreparedGraph } from './gradient-graph.js';
import { LABELS } from './losses.js';
import { batches, joined, type FileModel } from './model.js';
import { PIXELS } from './passes/normalization.js';
import { encodeModel } from './proto/codec.js';
import { createSession, floatsOf, type Session } from './session.js';

/** One gradient graph as a session: scores, losses and input gradients of any number of samples. */
export class CompiledGradient {
  private constructor(
    private readonly compiled: GradientGraph,
    private readonly spec: EngineSpec,
    private readonly file: FileModel,
    private readonly session: Session,
    private readonly width: number,
  ) {}

  static async compile(
    prepared: PreparedGraph,
    spec: EngineSpec,
    file: FileModel,
    kind: LossKind,
  ): Promise<CompiledGradient> {
    const compiled = gradientGraph(prepared, spec, kind);
    const options = { threads: spec.resources.threads, optimization: 'all' } as const;
    const session = await createSession(encodeModel(compiled.graph), options);
    return new CompiledGradient(compiled, spec, file, session, prepared.width);
  }

  async run(inputs: Tensor, labels: Float64Array): Promise<EngineGradient> {
    const rows = rowsOf(inputs);
    const labelWidth = rows === 0 ? 1 : labels.length / rows;
    const scores: Float32Array[] = [];
    const losses: Float32Array[] = [];
    const gradients: Float32Array[] = [];
    let start = 0;
    for (const { samples, used } of batches(inputs, this.file.batch, this.spec.resources.batchSize)) {
      const own = labels.subarray(start * labelWidth, (start + used) * labelWidth);
      const results = await this.#execute(samples, own);
      scores.push(results.scores.subarray(0, used * this.width));
      losses.push(results.loss.subarray(0, used));
      gradients.push(results.gradient.subarray(0, (used * samples.data.length) / rowsOf(samples)));
      start += used;
    }
    return {
      scores: joined(rows, scores),
      loss: joined(rows, losses).data,
      gradient: { shape: inputs.shape, data: joined(rows, gradients).data },
    };
  }

  async #execute(samples: Tensor, labels: Float64Array): Promise<Record<'scores' | 'loss' | 'gradient', Float32Array>> {
    const { compiled } = this;
    const gradient = compiled.gradients.get(PIXELS);
    const outputs = [compiled.scores, compiled.loss, ...(gradient === undefined ? [] : [gradient])];
    const feeds = {
      [PIXELS]: { type: 'float32', shape: samples.shape, data: samples.data } as const,
      [LABELS]: labelFeed(compiled.labels, labels, rowsOf(samples), this.width),
    };
    const results = await this.session.run(feeds, outputs);
    return {
      scores: floatsOf(compiled.scores, results.get(compiled.scores)),
      loss: floatsOf(compiled.loss, results.get(compiled.loss)),
      gradient: gradient === undefined ? zeros(samples.shape).data : floatsOf(gradient, results.get(gradient)),
    };
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}
