import type { StoredWeight } from '../reading/hdf5.js';
import type { LayerWeights, NetworkWeights } from './weights.js';

/** A weight under the path that Keras gives it, such as `bidirectional/forward_lstm/lstm_cell/kernel`. */
export interface NamedWeight {
  readonly path: readonly string[];
  readonly read: () => StoredWeight | null;
}

/** `dense/kernel:0`, where TensorFlow 1 and 2 put the output behind a colon. */
export function pathOf(name: string): string[] {
  return name.replace(/:\d+$/, '').split('/');
}

/**
 * Weights by their names, in the groups that `.h5` files have for the layers of the outermost model.
 *
 * @param group of a layer
 */
export function weightsByGroup(group: (layer: string) => readonly NamedWeight[]): NetworkWeights {
  return { layer: (name) => among(group(name)) };
}

/** Weights by their names, of which all have the name of their layer in front, as TensorFlow.js keeps them. */
export function weightsByName(all: readonly NamedWeight[]): NetworkWeights {
  return {
    layer: (name) => {
      const first = all.filter(({ path }) => path.length > 1 && path[0] === name);
      return among(first.length > 0 ? first : ofPart(all, [name]), all);
    },
  };
}

/** @param around those that the layer's were found among: a model may have its layers' names in front instead of its own */
function among(weights: readonly NamedWeight[], around: readonly NamedWeight[] = weights): LayerWeights {
  return {
    read: (name) => onlyOne(weights, isCalled(name))?.read() ?? onlyOne(weights, isCalledLike(name))?.read() ?? null,
    part: (_attributes, names) => {
      const own = ofPart(weights, names);
      return among(own.length === 0 ? weights : own);
    },
    network: () => weightsByName(weights.length === 0 ? around : weights),
  };
}

/** Of two weights of one name neither is taken for the other. */
function onlyOne(weights: readonly NamedWeight[], is: (weight: NamedWeight) => boolean): NamedWeight | null {
  const [first = null, ...others] = weights.filter(is);
  return others.length === 0 ? first : null;
}

function isCalled(name: string): (weight: NamedWeight) => boolean {
  return ({ path }) => path.at(-1) === name;
}

/** A second graph in one session of TensorFlow 1 made `kernel_1` of `kernel`. */
function isCalledLike(name: string): (weight: NamedWeight) => boolean {
  return ({ path }) => path.at(-1)?.replace(/_\d+$/, '') === name;
}

/** The weights whose path leads through a part of one of the names. */
function ofPart(weights: readonly NamedWeight[], names: readonly string[]): readonly NamedWeight[] {
  return weights.filter(({ path }) => path.slice(0, -1).some((part) => names.includes(part)));
}
