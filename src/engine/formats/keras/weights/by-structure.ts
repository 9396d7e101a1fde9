import type { Hdf5 } from '../reading/hdf5.js';
import type { LayerIdentity, LayerWeights, NetworkWeights } from './weights.js';

/**
 * Weights of a `.keras` archive: groups named after classes, in which the weights of an object are numbered, as in
 * `layers/dense_1/vars/0` (saving_lib.py of Keras 2.12 and later).
 *
 * @param path of the model's group
 */
export function structuralWeights(file: Hdf5, path: string, layers: readonly LayerIdentity[]): NetworkWeights {
  const container = containerOf(file, path);
  const groups = groupNames(layers);
  const groupOf = (name: string): string => `${container}/${groups.get(name) ?? name}`;
  return { layer: (name) => partAt(file, groupOf(name)) };
}

/** Keras 2.12 kept layers where the checkpoints of TensorFlow look for them. */
function containerOf(file: Hdf5, path: string): string {
  const old = `${path}/_layer_checkpoint_dependencies`;
  const names = file.members(path);
  return !names.includes('layers') && names.includes('_layer_checkpoint_dependencies') ? old : `${path}/layers`;
}

/** A class in snake case, and the number of the layer among those of its class from the second on. */
function groupNames(layers: readonly LayerIdentity[]): ReadonlyMap<string, string> {
  const used = new Map<string, number>();
  return new Map(
    layers.map(({ name, className }) => {
      const stem = snakeCase(EXPORTED.get(className) ?? className);
      const before = used.get(stem) ?? 0;
      used.set(stem, before + 1);
      return [name, before === 0 ? stem : `${stem}_${before}`];
    }),
  );
}

/** Classes that are written down under another name than their own. */
const EXPORTED: ReadonlyMap<string, string> = new Map([['GroupQueryAttention', 'GroupedQueryAttention']]);

/** As `to_snake_case` of Keras: LSTM becomes `lstm`, Conv2DTranspose `conv2d_transpose`. */
export function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

function partAt(file: Hdf5, path: string): LayerWeights {
  return {
    read: (_name, position) => file.dataset(`${path}/vars/${position}`),
    part: (attributes) => {
      const members = file.members(path);
      const attribute = attributes.find((each) => members.includes(each)) ?? attributes[0] ?? '';
      return partAt(file, `${path}/${attribute}`);
    },
    network: (layers) => structuralWeights(file, path, layers),
  };
}
