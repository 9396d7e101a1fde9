import { AssayError } from '#base/errors';
import type { ModelBytes } from '../../contract.js';
import { decodeModel } from '../../onnx/proto/codec.js';
import type { ModelFormat } from '../format.js';
import { lowerToOnnx } from '../lower.js';
import { originsOf } from './origins.js';
import { withOneBias } from './recurrent-biases.js';
import { differingConstant, trainedWeights } from './trained-weights.js';
import type { Written } from './written.js';

/** Formats that are written again with other weights. */
export type WritableFormat = 'keras' | 'keras-h5' | 'tfjs-layers';

export function isWritable(format: ModelFormat): format is WritableFormat {
  return format === 'keras' || format === 'keras-h5' || format === 'tfjs-layers';
}

/**
 * Writes a model of Keras or TensorFlow.js again with the weights that the graph made of it was trained to. What is written is
 * read again: it has the constants of the trained graph to the bit.
 *
 * @param original as it was read
 * @param trained an ONNX file: the graph that {@link lowerToOnnx} gives with other constants
 * @throws AssayError `operator` where something was trained that is no weight of the file; `model` where the file is broken
 */
export async function writeTrained(
  original: ModelBytes,
  format: WritableFormat,
  trained: Uint8Array,
): Promise<Written> {
  const graph = withOneBias(decodeModel({ main: original.main, files: new Map([[original.main, trained]]) }));
  const origins = await originsOf((seen) => lowerToOnnx(original, format, seen));
  const weights = trainedWeights(origins, graph);
  const written = await write(original, format, weights);
  const again = await lowerToOnnx({ main: original.main, files: written.files }, format);
  const differing = differingConstant(graph, decodeModel(again.model));
  if (differing === null) return written;
  throw new AssayError('operator', {
    where: original.main,
    what: `\`${differing}\` was trained, and the file cannot hold what it became`,
  });
}

async function write(
  original: ModelBytes,
  format: WritableFormat,
  weights: ReadonlyMap<string, Float32Array>,
): Promise<Written> {
  if (format === 'tfjs-layers') return (await import('./layers-model.js')).writeLayersModel(original, weights);
  return (await import('./keras.js')).writeKeras(original, weights);
}
