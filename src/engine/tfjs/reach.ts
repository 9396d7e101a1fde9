import { describeNode } from '../onnx/graph/describe.js';
import { isStep, readsShape } from '../onnx/graph/structure.js';
import { dependentsOf, readsOf } from '../onnx/graph/walk.js';
import type { Preparation } from './preparation.js';

/** Step functions that are told to the user; the others are about shapes and places. */
const TOLD: ReadonlySet<string> = new Set('ArgMax ArgMin Cast Ceil Floor Hardmax Round Sign'.split(' '));

/** Why no gradient comes from the scores back to a value; null where one may. */
export function whyUnreached({ interpreter, file }: Preparation, from: string): string | null {
  const { nodes } = interpreter.graph;
  const reached = dependentsOf(nodes, [from], (_, node) => !isStep(node) && !readsShape(node));
  if (reached.has(file.output)) return null;
  const step = nodes.find(
    (node) => isStep(node) && TOLD.has(node.op) && readsOf(node).some((name) => reached.has(name)),
  );
  if (step === undefined) return 'the scores do not depend on the input in a way that has a derivative';
  return `${describeNode(step)} is a step function, and no gradient passes it`;
}

/** Says through how many quantizers gradients pass straight. */
export function quantizerNote({ interpreter }: Preparation): string | null {
  const count = interpreter.graph.nodes.filter(({ op }) => /^(Dynamic)?QuantizeLinear$/.test(op)).length;
  if (count === 0) return null;
  return `gradients pass straight through ${count} quantizers, as if they did not round (straight-through estimator)`;
}
