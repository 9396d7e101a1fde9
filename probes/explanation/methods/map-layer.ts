import { AssayError } from '#base/errors';
import type { Layer } from '#engine/index';
import type { MapLayer } from './class-activation.js';

/** They move values about: which of their axes holds channels cannot be told. */
const SHAPES: ReadonlySet<string> = new Set(['Transpose', 'Reshape', 'Identity', 'Cast', 'Permute']);

/**
 * The layer that a class activation map is taken at: the one that is named, or else the last whose value is a map, which is
 * the last before the head.
 *
 * @param wanted null for the last
 * @param otherwise where channels are when the layers do not tell
 * @throws AssayError `usage` where there is no such layer, or none with a map
 */
export function mapLayerOf(
  layers: readonly Layer[],
  wanted: string | null,
  otherwise: MapLayer['channels'],
): MapLayer & { readonly shape: readonly number[] } {
  const channels = channelsIn(layers, otherwise);
  const isMap = ({ shape, operator }: Layer) => {
    const space = channels === 'first' ? shape.slice(1) : shape.slice(0, -1);
    return shape.length === 3 && space.every((size) => size > 1) && !SHAPES.has(operator);
  };
  const maps = layers.filter(isMap);
  const found = wanted === null ? maps.at(-1) : maps.find(({ name }) => name === wanted);
  if (found !== undefined) return { name: found.name, channels, shape: found.shape };
  throw new AssayError('usage', {
    what:
      wanted === null
        ? 'no layer of the model gives a map with more than one row and column'
        : `no layer \`${wanted}\` gives a map`,
    mend: `Layers with a map are ${maps.length === 0 ? 'none' : maps.map(({ name }) => `\`${name}\``).join(', ')}.`,
  });
}

/** Convolutions of ONNX have channels first, those of TensorFlow last. */
function channelsIn(layers: readonly Layer[], otherwise: MapLayer['channels']): MapLayer['channels'] {
  if (layers.some(({ operator }) => operator === 'Conv' || operator === 'ConvTranspose')) return 'first';
  return layers.some(({ operator }) => /Conv\dD/i.test(operator)) ? 'last' : otherwise;
}
