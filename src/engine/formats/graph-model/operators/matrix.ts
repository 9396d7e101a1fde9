import { broadcastShape } from '../broadcast.js';
import type { NodeContext, Operator, OperatorTable } from '../node-context.js';
import { describeSizes, type Size, type TensorValue } from '../value.js';
import { readFused, type Fused } from './activation.js';

/** A product of matrices, or of stacks of them. */
interface Product {
  readonly a: TensorValue;
  readonly b: TensorValue;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function product(context: NodeContext, transposeA: string, transposeB: string): Product {
  const [a, b] = [context.tensor(0), context.tensor(1)].map((value) => context.cast(value, 'float32'));
  if (a === undefined || b === undefined || a.shape.length < 2 || b.shape.length < 2) {
    throw context.broken(`multiplies ${describeSizes(a?.shape ?? [])} by ${describeSizes(b?.shape ?? [])}`);
  }
  return {
    a,
    b,
    transposeA: context.attributes.bool(transposeA) ?? false,
    transposeB: context.attributes.bool(transposeB) ?? false,
  };
}

/** The shape of a product: rows of the one, columns of the other, behind the axes of the stacks. */
function productShape(context: NodeContext, { a, b, transposeA, transposeB }: Product): Size[] {
  const [rows = 1, inner = 1] = matrixOf(a, transposeA);
  const [other = 1, columns = 1] = matrixOf(b, transposeB);
  if (typeof inner === 'number' && typeof other === 'number' && inner !== other) {
    throw context.broken(`multiplies ${describeSizes(a.shape)} by ${describeSizes(b.shape)}`);
  }
  return [...broadcastShape(context, [a.shape.slice(0, -2), b.shape.slice(0, -2)]), rows, columns];
}

function matrixOf({ shape }: TensorValue, isTransposed: boolean): Size[] {
  const matrix = shape.slice(-2);
  return isTransposed ? matrix.reverse() : matrix;
}

/** Two matrices and a bias are one operator of ONNX; stacks are multiplied, then moved. */
function multiplied(context: NodeContext, operands: Product, fused: Fused): TensorValue {
  const { emitter } = context;
  const shape = productShape(context, operands);
  const isFlat = operands.a.shape.length === 2 && operands.b.shape.length === 2;
  const { bias } = fused;
  const facts = { type: 'float32', shape } as const;
  const finish = (op: string, inputs: readonly string[], attributes = {}): TensorValue => {
    if (fused.activation === null) return context.give(op, inputs, facts, attributes);
    const name = emitter.named(`${context.name}/MatMul`, op, inputs, attributes);
    return fused.activation(context, emitter.value(name, facts));
  };
  if (isFlat && (bias !== null || operands.transposeA)) {
    const [a, b] = [operands.a, operands.b].map((value) => emitter.plainName(value));
    const transA = operands.transposeA ? { transA: 1 } : {};
    const transB = operands.transposeB ? { transB: 1 } : {};
    const inputs = [a ?? '', b ?? '', ...(bias === null ? [] : [emitter.plainName(bias)])];
    return finish('Gemm', inputs, { ...transA, ...transB });
  }
  const a = operands.transposeA ? swapped(context, operands.a) : emitter.plainName(operands.a);
  const b = operands.transposeB ? swapped(context, operands.b) : emitter.plainName(operands.b);
  if (bias === null) return finish('MatMul', [a, b]);
  return finish('Add', [context.step('MatMul', [a, b]), emitter.plainName(bias)]);
}

/** The two last axes change places: once and for all where they are those of a constant. */
function swapped(context: NodeContext, value: TensorValue): string {
  const rank = value.shape.length;
  const order = [...value.shape.slice(2).map((_, axis) => axis), rank - 1, rank - 2];
  return context.emitter.nameOf(context.emitter.turned(context.emitter.plain(value), order, 'plain'));
}

const NOTHING: Fused = { bias: null, activation: null };

function matMul(transposeA: string, transposeB: string, fused: (context: NodeContext) => Fused): Operator {
  return (context) => [multiplied(context, product(context, transposeA, transposeB), fused(context))];
}

/** Products and sums over named axes; the letters are those of ONNX. */
const einsum: Operator = (context) => {
  const equation = (context.attributes.text('equation') ?? '').replaceAll(' ', '');
  const operands = context.tensors().map((value) => context.cast(value, 'float32'));
  const match = /^([a-zA-Z,]+)->([a-zA-Z]*)$/.exec(equation);
  if (match === null) return context.fail(`computes by the equation \`${equation}\``);
  const terms = (match[1] ?? '').split(',');
  const sizes = new Map<string, Size>();
  terms.forEach((term, i) =>
    Array.from(term).forEach((letter, axis) => sizes.set(letter, operands[i]?.shape[axis] ?? 1)),
  );
  if (terms.length !== operands.length || terms.some((term, i) => term.length !== operands[i]?.shape.length)) {
    throw context.broken(
      `computes ${operands.map(({ shape }) => describeSizes(shape)).join(' and ')} by \`${equation}\``,
    );
  }
  const names = operands.map((value) => context.emitter.plainName(value));
  const shape = Array.from(match[2] ?? '', (letter) => sizes.get(letter) ?? 1);
  return [context.give('Einsum', names, { type: 'float32', shape }, { equation })];
};

export const matrixOperators: OperatorTable = {
  BatchMatMul: matMul('adj_x', 'adj_y', () => NOTHING),
  BatchMatMulV2: matMul('adj_x', 'adj_y', () => NOTHING),
  Einsum: einsum,
  MatMul: matMul('transpose_a', 'transpose_b', () => NOTHING),
  _FusedMatMul: matMul('transpose_a', 'transpose_b', (context) => readFused(context, 2)),
};
