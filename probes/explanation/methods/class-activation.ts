import { row, rowsOf, type Tensor } from '#base/tensor';
import type { LayerGradient } from '#target/target';
import type { LossSpec } from '#engine/index';
import type { Attributions } from './attributions.js';

/** Activations and gradients at a layer: what class activation maps ask of a model. */
export interface LayerModel {
  atLayer(
    inputs: Tensor,
    loss: LossSpec,
    layer: string,
  ): Promise<Pick<LayerGradient, 'activation' | 'gradient' | 'loss'>>;
}

/** A layer by its name, and the axis of its channels within one sample. */
export interface MapLayer {
  readonly name: string;
  readonly channels: 'first' | 'last';
}

/**
 * How the channels A of a layer are weighted by the gradient G of the score there, at each position.
 *
 * - `grad-cam`: by the mean of G over the positions (Selvaraju et al. 2017, arXiv:1610.02391, equation 1)
 * - `grad-cam-plus-plus`: by the sum of alpha relu(G) over the positions, alpha = G^2 / (2 G^2 + (sum of A) G^3)
 *   (Chattopadhay et al. 2018, arXiv:1710.11063, equations 10 and 19: for exp(score), less its constant factor)
 * - `layer-cam`: by relu(G) at the position itself (Jiang et al. 2021, doi:10.1109/TIP.2021.3089943)
 */
export type ClassActivation = 'grad-cam' | 'grad-cam-plus-plus' | 'layer-cam';

export interface ClassActivationOptions {
  readonly method: ClassActivation;
  /** Whether what speaks against the score is cut off at the end, as the papers do; other libraries do not. */
  readonly relu: boolean;
  /** One map for each channel, [n, channels, ...positions], instead of their sum. */
  readonly perChannel?: boolean;
}

/**
 * The map of a layer's weighted channels, summed: [n, ...positions], at the layer's own resolution. (Other libraries take their mean.)
 *
 * @param inputs [n, ...shape]
 * @param scores the index of the score that is explained, one a sample
 */
export async function classActivation(
  model: LayerModel,
  inputs: Tensor,
  scores: ArrayLike<number>,
  layer: MapLayer,
  { method, relu, perChannel = false }: ClassActivationOptions,
): Promise<Attributions> {
  const labels = Float64Array.from(scores);
  const { activation, gradient } = await model.atLayer(inputs, { kind: 'score', labels }, layer.name);
  const strides = stridesOf(activation, layer);
  const { channels, positions } = strides;
  const n = rowsOf(activation);
  const maps = perChannel ? channels : 1;
  const values = new Float64Array(n * maps * positions);
  for (let i = 0; i < n; i++) {
    const layerAt = { a: row(activation, i), g: row(gradient, i) };
    for (let k = 0; k < channels; k++) {
      addChannel(values, (i * maps + (perChannel ? k : 0)) * positions, layerAt, k, strides, method);
    }
  }
  if (relu) for (let j = 0; j < values.length; j++) values[j] = Math.max(values[j] ?? NaN, 0);
  return { shape: [n, ...(perChannel ? [channels] : []), ...strides.space], values };
}

/** Where the values of a channel lie within a sample: at channel * `channel` + position * `position`. */
interface Strides {
  readonly channels: number;
  readonly positions: number;
  readonly channel: number;
  readonly position: number;
  readonly space: readonly number[];
}

function stridesOf({ shape }: Tensor, { channels: axis }: MapLayer): Strides {
  const own = shape.slice(1);
  const [channels = 1] = axis === 'first' ? own : own.slice(-1);
  const space = axis === 'first' ? own.slice(1) : own.slice(0, -1);
  const positions = space.reduce((product, dimension) => product * dimension, 1);
  const [channel, position] = axis === 'first' ? [positions, 1] : [1, channels];
  return { channels, positions, channel, position, space };
}

/** Activations and gradients of one sample. */
interface AtLayer {
  readonly a: Float32Array;
  readonly g: Float32Array;
}

function addChannel(
  map: Float64Array,
  offset: number,
  { a, g }: AtLayer,
  k: number,
  strides: Strides,
  method: ClassActivation,
): void {
  const { positions, channel, position } = strides;
  const first = k * channel;
  const weight = method === 'layer-cam' ? 0 : channelWeight({ a, g }, first, strides, method);
  for (let p = 0; p < positions; p++) {
    const at = first + p * position;
    const own = method === 'layer-cam' ? Math.max(g[at] ?? NaN, 0) : weight;
    map[offset + p] = (map[offset + p] ?? NaN) + own * (a[at] ?? NaN);
  }
}

/** The weight of the channel that begins at `first`. */
function channelWeight(
  { a, g }: AtLayer,
  first: number,
  { positions, position }: Strides,
  method: 'grad-cam' | 'grad-cam-plus-plus',
): number {
  let gradients = 0;
  let activations = 0;
  for (let p = 0; p < positions; p++) {
    gradients += g[first + p * position] ?? NaN;
    activations += a[first + p * position] ?? NaN;
  }
  if (method === 'grad-cam') return gradients / positions;
  let weight = 0;
  for (let p = 0; p < positions; p++) {
    const slope = g[first + p * position] ?? NaN;
    weight += share(slope, activations) * Math.max(slope, 0);
  }
  return weight;
}

/** Alpha of Grad-CAM++, with G^2 cancelled; where nothing is left to divide by, the position has no share. */
function share(slope: number, activations: number): number {
  const denominator = 2 + activations * slope;
  return slope === 0 || denominator === 0 ? 0 : 1 / denominator;
}
