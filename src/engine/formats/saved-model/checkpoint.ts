import type { ModelBytes } from '../../contract.js';
import { refused, type MetaGraph, type SavedFunction, type SavedNode } from './read.js';

/**
 * The one way in which weights may be read: TensorFlow 2 writes a node of the graph that calls a function with `RestoreV2`,
 * and its saver names that node. The loader feeds the path of the model's own `variables/variables` to it. So the file
 * that `RestoreV2` reads is the model's own as long as
 *
 * 1. the saver names a node that does nothing but call a function, and gives it the placeholder that the saver names too;
 * 2. `RestoreV2` stands in no other function, and there takes the path straight from the function's argument;
 * 3. nothing else calls that function, or reads what that node gives.
 *
 * The function that saves is named by the saver likewise. Nothing else may call it, and Assay never asks for its node.
 */
export interface Checkpoint {
  /** Names of the functions that save and restore; null where there are none. */
  readonly save: string | null;
  readonly restore: string | null;
}

const MEND = 'Export the model again with `tf.saved_model.save` or `keras.Model.export` of TensorFlow 2.';
/** Reads and writes what is already in memory, and nothing by a name. */
const CALL = 'StatefulPartitionedCall';

/** @throws AssayError `model` where the functions that save and restore are reached in any other way */
export function checkpointOf(model: ModelBytes, graph: MetaGraph): Checkpoint {
  const { saver } = graph;
  if (saver === null) return { save: null, restore: null };
  const filename = nodeOf(saver.filename);
  const placeholder = graph.nodes.find(({ name }) => name === filename);
  if (placeholder?.op !== 'Placeholder' && placeholder?.op !== 'PlaceholderWithDefault') {
    throw refused(model, `the saver takes its path from \`${filename}\`, which is no placeholder`, MEND);
  }
  const save = calledBy(model, graph, saver.save, filename);
  const restore = calledBy(model, graph, saver.restore, filename);
  if (save === restore) throw refused(model, 'the saver saves and restores by the same function', MEND);
  const nodes = [nodeOf(saver.save), nodeOf(saver.restore)];
  for (const [place, list] of places(graph))
    refuseUse(model, place, list, [save, restore], nodes, place === 'the graph');
  const restoring = graph.functions.find(({ name }) => name === restore);
  if (restoring !== undefined) refuseOtherPaths(model, restoring);
  return { save, restore };
}

function places({ nodes, functions }: MetaGraph): (readonly [string, readonly SavedNode[]])[] {
  return [['the graph', nodes], ...functions.map(({ name, nodes: own }) => [`function \`${name}\``, own] as const)];
}

/** The function that a node of the saver calls, which has to be given the saver's path. */
function calledBy(model: ModelBytes, graph: MetaGraph, tensor: string, filename: string): string {
  const name = nodeOf(tensor);
  const node = graph.nodes.find((candidate) => candidate.name === name);
  const [called, ...others] = node?.calls ?? [];
  if (node?.op !== CALL || called === undefined || others.length > 0) {
    throw refused(model, `the saver names the node \`${name}\`, which calls no function of TensorFlow 2`, MEND);
  }
  if (nodeOf(node.inputs[0] ?? '') !== filename) {
    throw refused(model, `the node \`${name}\` takes its path from elsewhere than the saver's placeholder`, MEND);
  }
  return called;
}

/** Nothing but the saver's own nodes calls its functions, and nothing at all reads those nodes. */
function refuseUse(
  model: ModelBytes,
  place: string,
  nodes: readonly SavedNode[],
  functions: readonly string[],
  own: readonly string[],
  isMain: boolean,
): void {
  for (const node of nodes) {
    // A function may be called by its name in the place of an operator too.
    const called = [node.op, ...node.calls].find((name) => functions.includes(name));
    const isOwn = isMain && own.includes(node.name);
    if (called !== undefined && !isOwn) {
      throw refused(
        model,
        `node \`${node.name}\` (${node.op}) in ${place} calls \`${called}\`, which only the loader may`,
      );
    }
    const read = isMain ? node.inputs.map(nodeOf).find((name) => own.includes(name)) : undefined;
    if (read !== undefined) {
      throw refused(
        model,
        `node \`${node.name}\` (${node.op}) in ${place} reads \`${read}\`, which only the loader may`,
      );
    }
  }
}

function refuseOtherPaths(model: ModelBytes, { name, inputs, nodes }: SavedFunction): void {
  for (const node of nodes.filter(({ op }) => op === 'RestoreV2')) {
    if (node.inputs[0] !== inputs[0]) {
      throw refused(
        model,
        `node \`${node.name}\` (RestoreV2) in function \`${name}\` takes its path from elsewhere than the loader`,
      );
    }
  }
}

/** `a:0` and `^a` are outputs of, and an order behind, node `a`. */
function nodeOf(reference: string): string {
  return reference.replace(/^\^/, '').split(':')[0] ?? '';
}
