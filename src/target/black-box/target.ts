import type { Digest } from '#base/digest';
import { row, rowRange, rowsOf, zeros, type Tensor } from '#base/tensor';
import { jacobianByRows, rowsAsked, type LossSpec } from '#engine/index';
import type { Declaration } from '../declare.js';
import { channelAxis, type ContinuousDomain } from '../domain.js';
import { scoreWidth } from '../head.js';
import { sampleLoss } from '../losses.js';
import type { Capability, DifferentiableTarget, Gradient, Jacobian, QueryCount } from '../target.js';
import type { Purse } from './purse.js';

/** Whatever answers: an endpoint, or a function. */
export interface Source {
  /** Samples in one question. */
  readonly batch: number;
  /** What is asked is normalized already; gives scores of the head, [n, width]. */
  ask(inputs: Tensor, signal: AbortSignal): Promise<Tensor>;
  /**
   * The gradient by the inputs of the sum over scores of slope x score, in the shape of the inputs; absent where there is none.
   *
   * @param scores what `ask` gave for the inputs
   */
  gradient?(inputs: Tensor, scores: Tensor, slopes: Tensor): Promise<Tensor>;
  close(): Promise<void>;
}

/** Questions that had to be put again are no further queries: they are counted here. */
export interface Traffic {
  requests: number;
  retried: number;
}

export interface BlackBoxParts {
  readonly name: string;
  readonly digest: Digest;
  readonly declaration: Declaration<ContinuousDomain>;
  readonly source: Source;
  readonly capabilities: ReadonlySet<Capability>;
  readonly missing: ReadonlyMap<Capability, string>;
  readonly purse: Purse;
  readonly traffic: Traffic | null;
}

/** A target that answers and shows nothing else of itself. Rows are counted, and taken from the budget, before they are asked for. */
export class BlackBoxTarget implements DifferentiableTarget {
  readonly name;
  readonly digest;
  readonly domain;
  readonly head;
  readonly labels;
  readonly capabilities;
  readonly missing;
  readonly traffic;
  readonly queries: QueryCount = { predictions: 0, gradients: 0 };

  constructor(private readonly parts: BlackBoxParts) {
    this.name = parts.name;
    this.digest = parts.digest;
    this.domain = parts.declaration.domain;
    this.head = parts.declaration.head;
    this.labels = parts.declaration.labels;
    this.capabilities = parts.capabilities;
    this.missing = parts.missing;
    this.traffic = parts.traffic;
  }

  async predict(inputs: Tensor): Promise<Tensor> {
    await this.parts.purse.take(rowsOf(inputs));
    this.queries.predictions += rowsOf(inputs);
    return askAll(this.parts.source, normalized(inputs, this.parts.declaration.domain), scoreWidth(this.head));
  }

  async gradient(inputs: Tensor, loss: LossSpec): Promise<Gradient> {
    const { source, declaration } = this.parts;
    await this.parts.purse.take(rowsOf(inputs));
    this.queries.gradients += rowsOf(inputs);
    const received = normalized(inputs, declaration.domain);
    const scores = await askAll(source, received, scoreWidth(this.head));
    const losses = new Float32Array(rowsOf(inputs));
    const slopes = zeros(scores.shape);
    for (let i = 0; i < losses.length; i++) {
      const { value, slope } = sampleLoss(this.head, loss, i, row(scores, i));
      losses[i] = value;
      row(slopes, i).set(slope);
    }
    return { scores, loss: losses, gradient: await this.#backward(received, scores, slopes) };
  }

  /** One backward pass for each row, by a slope of 1 at the score that is asked for. */
  async jacobian(inputs: Tensor, indices: Float64Array): Promise<Jacobian> {
    const { source, declaration, purse } = this.parts;
    rowsAsked(rowsOf(inputs), indices, scoreWidth(this.head));
    await purse.take(indices.length);
    this.queries.gradients += indices.length;
    const received = normalized(inputs, declaration.domain);
    const width = scoreWidth(this.head);
    const scores = await askAll(source, received, width);
    const { rows } = await jacobianByRows(rowsOf(inputs), indices, width, inputs.shape.slice(1), async (labels) => {
      const slopes = zeros(scores.shape);
      labels.forEach((label, i) => (slopes.data[i * width + label] = 1));
      return { scores, gradient: await this.#backward(received, scores, slopes) };
    });
    return { scores, rows };
  }

  async #backward(received: Tensor, scores: Tensor, slopes: Tensor): Promise<Tensor> {
    const gradient = await this.parts.source.gradient?.(received, scores, slopes);
    if (gradient === undefined) throw new Error(`${this.name} has no gradients`);
    return inUnitsOf(this.parts.declaration.domain, gradient);
  }

  dispose(): Promise<void> {
    return this.parts.source.close();
  }
}

/** Asks for all rows in parts, and puts the answers in the order of the rows. The first part that fails stops the others. */
async function askAll(source: Source, inputs: Tensor, width: number): Promise<Tensor> {
  const n = rowsOf(inputs);
  const scores = zeros([n, width]);
  const stop = new AbortController();
  const failures: unknown[] = [];
  const ask = async (start: number): Promise<void> => {
    const part = rowRange(inputs, start, Math.min(start + source.batch, n));
    try {
      scores.data.set((await source.ask(part, stop.signal)).data, start * width);
    } catch (thrown) {
      failures.push(thrown);
      stop.abort();
    }
  };
  const starts = Array.from({ length: Math.ceil(n / source.batch) }, (_, i) => i * source.batch);
  await Promise.all(starts.map(ask));
  if (failures.length > 0) throw failures[0];
  return scores;
}

/** (x - mean) / std in float32, as a model file receives it. */
export function normalized(inputs: Tensor, domain: ContinuousDomain): Tensor {
  if (isNeutral(domain)) return inputs;
  const std = Float32Array.from(domain.std);
  const mean = Float32Array.from(domain.mean);
  return byChannel(inputs, domain, (x, channel) => Math.fround(x - (mean[channel] ?? NaN)) / (std[channel] ?? NaN));
}

/** Of what the model receives to the units of the data: d received / d x is 1 / std. */
function inUnitsOf(domain: ContinuousDomain, gradient: Tensor): Tensor {
  if (isNeutral(domain)) return gradient;
  return byChannel(gradient, domain, (slope, channel) => slope / (domain.std[channel] ?? NaN));
}

export function isNeutral({ mean, std }: Pick<ContinuousDomain, 'mean' | 'std'>): boolean {
  return mean.every((value) => value === 0) && std.every((value) => value === 1);
}

function byChannel(
  { shape, data }: Tensor,
  domain: ContinuousDomain,
  change: (value: number, channel: number) => number,
): Tensor {
  const axis = channelAxis(domain);
  const channels = domain.shape[axis] ?? 1;
  const stride = domain.shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  return { shape, data: data.map((value, i) => change(value, Math.floor(i / stride) % channels)) };
}
