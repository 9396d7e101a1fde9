import type { Node } from '../graph/ir.js';
import { isStep } from '../graph/structure.js';

/** An operator as tables name it: with its domain in front where it is not the standard one. */
export function operatorOf({ domain, op }: Node): string {
  return domain === '' ? op : `${domain}.${op}`;
}

function named(names: string): ReadonlySet<string> {
  return new Set(names.split(' '));
}

/** They move values and change none. */
export const MOVES = named(
  'Cast Concat DepthToSpace Dropout Expand Flatten Gather GatherElements GatherND Identity Pad Reshape Slice SpaceToDepth ' +
    'Split Squeeze Tile Transpose Trilu Unsqueeze Where',
);

/** Sums and means of values, with weights that are no weights of a layer, and with constants. */
export const SUMS = named(
  'Add AveragePool BatchNormalization CumSum GlobalAveragePool Mean ReduceMean ReduceSum Resize Sub Sum',
);

/** Layers with weights. */
export const CONVOLUTIONS = named('Conv ConvTranspose');
export const DENSE = named('Gemm MatMul');

/** They scale by a value that does not depend on the input. */
export const SCALES = named('Div Mul Neg');

/** They choose the largest of some values. */
export const MAXIMA = named('GlobalMaxPool MaxPool ReduceMax');

/** Functions of one value that have a kink, or a kink in their derivative. */
const KINKED = 'Celu Clip Elu HardSigmoid HardSwish LeakyRelu Max Min PRelu Relu Selu Softsign ThresholdedRelu';
/** Functions of one value that have none. */
const SMOOTH = 'Gelu Mish Sigmoid Softplus Tanh com.microsoft.FastGelu com.microsoft.Gelu com.microsoft.QuickGelu';

/** What stands between layers. */
export const ACTIVATIONS = named(`${KINKED} ${SMOOTH}`);

/** Functions of one value whose slope between two near points is best taken for their derivative between them. */
export const SMOOTH_FUNCTIONS = named(`${SMOOTH} Cos Erf Exp Log Pow Reciprocal Sin Sqrt`);
export const FUNCTIONS: ReadonlySet<string> = new Set([...ACTIVATIONS, ...SMOOTH_FUNCTIONS, 'Abs']);

/** Inputs in which an operator is affine only while no other of them depends on the input too. */
const FACTORS: Readonly<Record<string, number>> = { Gemm: 2, MatMul: 2, Mul: 2 };
/** Where inputs other than the first may depend on the input. */
const MANY = named('Add Concat Mean Sub Sum');

/** Whether an operator is affine in those of its inputs that depend on the model's input, which have the given places. */
export function isAffine(node: Node, active: readonly number[]): boolean {
  const operator = operatorOf(node);
  const isLinear = [MOVES, SUMS, CONVOLUTIONS, DENSE, SCALES].some((family) => family.has(operator));
  if (!isLinear || isStep(node)) return false;
  if (MANY.has(operator)) return true;
  if (operator === 'Where') return !active.includes(0);
  const factors = FACTORS[operator];
  if (factors === undefined) return active.every((place) => place === 0);
  return active.filter((place) => place < factors).length <= 1;
}
