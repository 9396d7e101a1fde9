import { row, rowsOf, type Tensor } from '#base/tensor';
import type { Layer } from '#engine/index';
import { chunkOf, type SampleSource } from '#target/sample-source';
import { isLayered, type Target } from '#target/target';

/** What two inputs are compared by: [n, ...] in, [n, ...] out. */
export interface FeatureSpace {
  /** In words, as the end of `compared by`. */
  readonly words: string;
  featuresOf(inputs: Tensor): Promise<Tensor>;
}

/** `cosine`: 1 minus the cosine of the angle; `euclidean`: the length of the difference. */
export type Metric = 'cosine' | 'euclidean';

export interface Neighbour {
  /** In the data set. */
  readonly index: number;
  /** Among the samples of the source, from 0. */
  readonly position: number;
  readonly distance: number;
  /** Whether the input itself is the same, bit by bit. */
  readonly identical: boolean;
}

/** Operators that multiply what they get by weights. */
const WEIGHTED = new Set([
  ...['Conv', 'ConvTranspose', 'Gemm', 'MatMul'],
  // As TensorFlow and Keras name them.
  ...['Conv1D', 'Conv2D', 'Conv2DTranspose', 'Dense', 'DepthwiseConv2D', '_FusedConv2D', '_FusedMatMul'],
]);

/**
 * The features of a target: those of a layer, its scores, or the input itself.
 *
 * @param layer the name of a layer; `penultimate`: that which runs before the last one with weights; `scores` or `input`. Of
 *   a target that shows no layers it is the input, whatever is asked for
 * @throws AssayError `usage` when there is no layer of that name
 */
export async function featureSpace(target: Target, layer: string): Promise<FeatureSpace> {
  if (layer === 'scores') return { words: 'the scores', featuresOf: (inputs) => target.predict(inputs) };
  const name =
    !isLayered(target) || layer === 'input'
      ? null
      : layer === 'penultimate'
        ? (penultimateOf(await target.layers())?.name ?? null)
        : layer;
  if (name === null || !isLayered(target))
    return { words: 'the input itself', featuresOf: (inputs) => Promise.resolve(inputs) };
  return {
    words: `what the layer \`${name}\` gives`,
    async featuresOf(inputs) {
      const labels = new Float64Array(rowsOf(inputs));
      return (await target.atLayer(inputs, { kind: 'score', labels }, name)).activation;
    },
  };
}

/**
 * The samples of a source whose features are nearest to those of one input, the nearest first; of equally near ones that which
 * comes first. Exact: every sample is compared, chunk by chunk, and no more than a chunk is in memory.
 *
 * @param input [1, ...shape]
 * @param progress done and total, in samples
 */
export async function nearestExamples(
  space: FeatureSpace,
  input: Tensor,
  source: SampleSource,
  metric: Metric,
  count: number,
  progress: (done: number, total: number) => void,
): Promise<Neighbour[]> {
  const own = row(await space.featuresOf(input), 0).slice();
  const distance = metric === 'cosine' ? cosineDistance : euclideanDistance;
  const { length } = source.indices;
  const size = chunkOf(source.shape);
  let nearest: Neighbour[] = [];
  for (let start = 0; start < length; start += size) {
    const { inputs } = await source.range(start, Math.min(start + size, length));
    const features = await space.featuresOf(inputs);
    for (let i = 0; i < rowsOf(inputs); i++) {
      const position = start + i;
      const found = distance(own, row(features, i));
      if (nearest.length === count && !(found < (nearest.at(-1)?.distance ?? Infinity))) continue;
      const identical = isEqual(row(inputs, i), input.data);
      nearest = inserted(
        nearest,
        { index: source.indices[position] ?? -1, position, distance: found, identical },
        count,
      );
    }
    progress(Math.min(start + size, length), length);
  }
  return nearest;
}

/** Behind those that are as near, since those came first. */
function inserted(nearest: readonly Neighbour[], next: Neighbour, count: number): Neighbour[] {
  const place = nearest.findIndex(({ distance }) => next.distance < distance);
  return nearest.toSpliced(place < 0 ? nearest.length : place, 0, next).slice(0, count);
}

/** The layer that runs before the last one with weights: what the head reads. */
export function penultimateOf(layers: readonly Layer[]): Layer | undefined {
  return layers[layers.findLastIndex(({ operator }) => WEIGHTED.has(operator)) - 1];
}

/** 1 where one of the two has no direction. */
function cosineDistance(a: Float32Array, b: Float32Array): number {
  let [product, lengthA, lengthB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? NaN;
    const y = b[i] ?? NaN;
    product += x * y;
    lengthA += x * x;
    lengthB += y * y;
  }
  const lengths = Math.sqrt(lengthA) * Math.sqrt(lengthB);
  return lengths === 0 ? 1 : Math.max(0, 1 - product / lengths);
}

function euclideanDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] ?? NaN) - (b[i] ?? NaN)) ** 2;
  return Math.sqrt(sum);
}

function isEqual(a: Float32Array, b: Float32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
