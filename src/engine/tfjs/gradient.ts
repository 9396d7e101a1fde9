import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LossSpec } from '../contract.js';
import type { Node } from '../onnx/graph/ir.js';
import { AssayError } from '#base/errors';
import { dependentsOf } from '../onnx/graph/walk.js';
import { beforeActivation } from '../onnx/scale.js';
import type { Preparation } from './preparation.js';
import type { Replacements } from './interpreter.js';
import { normalized } from './inputs.js';
import { lossOf, type LossRows } from './losses.js';
import { logitsIn } from './scores.js';
import { isReal, plain, real, valueOf, type Value } from './value.js';

/** Where a gradient is taken. */
export type Leaf =
  | { readonly kind: 'input' }
  /** A value that a node gives. */
  | { readonly kind: 'value'; readonly name: string };

/** What one execution gives, in tensors that belong to the caller's scope. */
export interface Differentiated {
  /** [n, width] */
  readonly scores: Tensor;
  /** [n] */
  readonly loss: Tensor;
  /** Of the sum of the losses, by each of the asked values in the graph's order of axes; null where the loss does not depend on it. */
  readonly gradients: readonly (Tensor | null)[];
  /** The value at the leaf, in the graph's order of axes. */
  readonly leaf: Tensor | null;
}

/** One execution with its gradient by a leaf. */
export function gradientAt(
  preparation: Preparation,
  given: ReadonlyMap<string, Value>,
  leaf: Leaf,
  loss: LossSpec,
  rows: LossRows,
): Differentiated {
  const { file, interpreter } = preparation;
  const { nodes } = interpreter.graph;
  const { name: input } = file.input;
  if (leaf.kind === 'input') {
    const start = given.get(input) ?? fail(input);
    return differentiated([start.tensor], loss, rows, preparation, ([x = start.tensor]) => {
      const own = valueOf(start.type, normalized(x, preparation.spec.normalization));
      return interpreter.run(nodes, new Map([...given, [input, own]]));
    });
  }
  const behind = dependentsOf(nodes, [leaf.name]);
  const isBehind = (node: Node): boolean =>
    !node.outputs.includes(leaf.name) && node.outputs.some((name) => behind.has(name));
  const before = interpreter.run(
    nodes.filter((node) => !isBehind(node)),
    withNormalized(preparation, given),
  );
  const at = before.get(leaf.name) ?? fail(leaf.name);
  const result = differentiated([at.tensor], loss, rows, preparation, ([tensor = at.tensor]) =>
    interpreter.run(nodes.filter(isBehind), new Map([...before, [leaf.name, { ...at, tensor }]])),
  );
  return {
    ...result,
    gradients: result.gradients.map((gradient) => (gradient === null ? null : plain({ ...at, tensor: gradient }))),
    leaf: plain(at),
  };
}

/** Weights by name, and what a training graph has in the place of nodes. */
export interface Trained {
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly replacements: Replacements;
}

/** One execution with its gradient by weights. */
export function gradientByWeights(
  preparation: Preparation,
  given: ReadonlyMap<string, Value>,
  { weights, replacements }: Trained,
  loss: LossSpec,
  rows: LossRows,
): Differentiated {
  const { interpreter } = preparation;
  const names = [...weights.keys()];
  const inputs = withNormalized(preparation, given);
  return differentiated([...weights.values()], loss, rows, preparation, (tensors) => {
    const own = names.map((name, i) => [name, valueOf('float32', tensors[i] ?? fail(name))] as const);
    return interpreter.run(interpreter.graph.nodes, new Map([...inputs, ...own]), replacements);
  });
}

/** Scores of a training graph, [n, width], in a tensor that belongs to the caller's scope. */
export function trainedScores(
  preparation: Preparation,
  given: ReadonlyMap<string, Value>,
  replacements: Replacements,
): Tensor {
  const { interpreter } = preparation;
  const values = interpreter.run(interpreter.graph.nodes, withNormalized(preparation, given), replacements);
  return scoresIn(preparation, values);
}

/** Values of all inputs as the file takes them. */
export function withNormalized({ file, spec }: Preparation, given: ReadonlyMap<string, Value>): Map<string, Value> {
  const { name } = file.input;
  const own = given.get(name);
  if (own === undefined || !isReal(own.type)) return new Map(given);
  return new Map([...given, [name, valueOf(own.type, normalized(own.tensor, spec.normalization))]]);
}

function differentiated(
  leaves: readonly Tensor[],
  loss: LossSpec,
  rows: LossRows,
  preparation: Preparation,
  run: (leaves: readonly Tensor[]) => ReadonlyMap<string, Value>,
): Differentiated {
  const seen: Tensor[] = [];
  const forward = (): Tensor => {
    const scores = scoresIn(preparation, run(leaves));
    const losses = lossOf(loss, scores, preparation.spec.head, rows);
    seen.push(tf.keep(tf.clone(scores)), tf.keep(tf.clone(losses)));
    return tf.sum(losses);
  };
  try {
    const { grads } = tf.engine().gradients(forward, [...leaves], undefined, true);
    const [scores, losses] = seen;
    if (scores === undefined || losses === undefined) return fail('the loss');
    const found: readonly (Tensor | null | undefined)[] = grads;
    return {
      scores: tf.clone(scores),
      loss: tf.clone(losses),
      gradients: found.map((gradient) => gradient ?? null),
      leaf: null,
    };
  } finally {
    for (const tensor of seen) tensor.dispose();
  }
}

/** Logits in front of a last activation where there is one, else the logarithm of probabilities; always [n, width]. */
function scoresIn({ file, spec, head, interpreter }: Preparation, values: ReadonlyMap<string, Value>): Tensor {
  const { output } = file;
  const logits = head.scale === 'probabilities' ? beforeActivation(interpreter.graph, output) : output;
  const flat = (name: string): Tensor => {
    const value = values.get(name) ?? interpreter.constant(name) ?? fail(name);
    const tensor = plain(value);
    const isFlat = tensor.rank === 2 && tensor.shape[1] === head.width;
    return real(isFlat ? tensor : tf.reshape(tensor, [-1, head.width]));
  };
  return logits === null ? logitsIn(flat(output), spec.head, head.scale) : flat(logits);
}

function fail(name: string): never {
  throw new AssayError('model', { what: `nothing gives \`${name}\`` });
}
