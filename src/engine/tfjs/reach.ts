import { intOf } from '../onnx/graph/attributes.js';
import { describeNode } from '../onnx/graph/describe.js';
import { elementTypeOf } from '../onnx/graph/element-type.js';
import type { Node } from '../onnx/graph/ir.js';
import { dependentsOf, readsOf } from '../onnx/graph/walk.js';
import type { Preparation } from './preparation.js';
import { isReal } from './value.js';

/** What gives steps: nothing passes it but a gradient of 0. */
const STEPS: ReadonlySet<string> = new Set(
  (
    'And ArgMax ArgMin BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Ceil ConstantOfShape Equal EyeLike Floor ' +
    'Greater GreaterOrEqual Hardmax IsInf IsNaN Less LessOrEqual NonZero Not OneHot Or Range Round Shape Sign Size Xor'
  ).split(' '),
);

/** Step functions that are told to the user; the others are about shapes and places. */
const TOLD: ReadonlySet<string> = new Set('ArgMax ArgMin Cast Ceil Floor Hardmax Round Sign'.split(' '));

/** Why no gradient comes from the scores back to a value; null where one may. */
export function whyUnreached({ interpreter, file }: Preparation, from: string): string | null {
  const { nodes } = interpreter.graph;
  if (dependentsOf(nodes, [from], (_, node) => !isStep(node)).has(file.output)) return null;
  const reached = dependentsOf(nodes, [from], (_, node) => !isStep(node));
  const step = nodes.find(
    (node) => isStep(node) && TOLD.has(node.op) && readsOf(node).some((name) => reached.has(name)),
  );
  if (step === undefined) return 'the scores do not depend on the input in a way that has a derivative';
  return `${describeNode(step)} is a step function, and no gradient passes it`;
}

function isStep(node: Node): boolean {
  if (node.domain !== '') return false;
  return node.op === 'Cast' ? !isReal(elementTypeOf(intOf(node, 'to', 0))) : STEPS.has(node.op);
}

/** Says through how many quantizers gradients pass straight. */
export function quantizerNote({ interpreter }: Preparation): string | null {
  const count = interpreter.graph.nodes.filter(({ op }) => /^(Dynamic)?QuantizeLinear$/.test(op)).length;
  if (count === 0) return null;
  return `gradients pass straight through ${count} quantizers, as if they did not round (straight-through estimator)`;
}
