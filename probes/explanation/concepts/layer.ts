import { AssayError } from '#base/errors';
import { sizeOf } from '#base/tensor';
import type { Layer } from '#engine/index';
import { channelAxis, type Domain } from '#target/domain';
import type { LayeredTarget } from '#target/target';
import { mapLayerOf } from '../methods/map-layer.js';
import { penultimateOf } from '../methods/nearest-examples.js';

const MOST_NAMED = 40;

/**
 * The layer at which concepts are sought: the one that is named; else of pictures the last that gives a map, as Grad-CAM takes it,
 * and of other inputs the one that runs before the last with weights.
 *
 * @throws AssayError `config` where there is no such layer
 */
export async function conceptLayer(
  target: Pick<LayeredTarget, 'layers' | 'domain'>,
  wanted: string | undefined,
): Promise<Layer> {
  const layers = await target.layers();
  const found =
    wanted === undefined ? (lastMap(layers, target.domain) ?? penultimateOf(layers)) : named(layers, wanted);
  if (found !== undefined) return found;
  const names = layers.slice(0, MOST_NAMED).map(({ name }) => `\`${name}\``);
  const hidden = layers.length - names.length;
  throw new AssayError('config', {
    where: '`explain.tcav.layer`',
    what:
      wanted === undefined
        ? 'it is left out, and no layer of the model runs before the last with weights'
        : `the model has no layer \`${wanted}\``,
    mend: `It has ${names.length === 0 ? 'none' : names.join(', ')}${hidden > 0 ? ` and ${hidden} more` : ''}.`,
  });
}

/** A layer in words, with the shape of what it gives. */
export function layerWords({ name, operator, shape }: Layer): string {
  return `\`${name}\` (${operator}, ${shape.join(' x ')})`;
}

/** Values that a layer gives for one input. */
export function widthOf({ shape }: Layer): number {
  return sizeOf(shape);
}

function named(layers: readonly Layer[], wanted: string): Layer | undefined {
  return layers.find(({ name }) => name === wanted);
}

function lastMap(layers: readonly Layer[], domain: Domain): Layer | undefined {
  if (domain.kind !== 'image') return undefined;
  try {
    return named(layers, mapLayerOf(layers, null, channelAxis(domain) === 0 ? 'first' : 'last').name);
  } catch (thrown) {
    // A network without convolutions has no map.
    if (thrown instanceof AssayError && thrown.code === 'usage') return undefined;
    throw thrown;
  }
}
