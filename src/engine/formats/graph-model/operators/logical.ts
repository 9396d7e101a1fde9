import { aligned, knownElements } from '../broadcast.js';
import type { NodeContext, Operator, OperatorTable } from '../node-context.js';
import { wider, type ValueType } from '../types.js';
import { isNumber, type Size, type TensorValue } from '../value.js';
import { elementwise } from './arithmetic.js';

type Compare = (a: Size, b: Size) => boolean | null;

const ordered =
  (holds: (a: number, b: number) => boolean): Compare =>
  (a, b) =>
    isNumber(a) && isNumber(b) ? holds(a, b) : null;

/** Sizes of the same name are equal, whatever they are; others may or may not be. */
const equal: Compare = (a, b) => (isNumber(a) === isNumber(b) && (isNumber(a) || a === b) ? a === b : null);

/** A comparison of two tensors of one type; `isNegated` asks for the opposite of what ONNX has. */
function comparison(op: string, holds: Compare, isNegated = false): Operator {
  return (context) => {
    const [a, b] = [context.tensor(0), context.tensor(1)];
    const type = wider(wider(a.type, b.type), op === 'Equal' ? 'bool' : 'int32');
    return [conditional(context, [context.cast(a, type), context.cast(b, type)], op, holds, isNegated)];
  };
}

function connective(op: string, holds: Compare): Operator {
  return (context) => {
    const operands = [context.tensor(0), context.tensor(1)].map((value) => context.cast(value, 'bool'));
    return [conditional(context, operands, op, holds, false)];
  };
}

function conditional(
  context: NodeContext,
  operands: readonly TensorValue[],
  op: string,
  holds: Compare,
  isNegated: boolean,
): TensorValue {
  const known = (shape: readonly Size[]) =>
    knownElements(operands, shape, (a, b) => {
      const answer = holds(a, b);
      return answer === null ? null : Number(answer !== isNegated);
    });
  return elementwise(context, operands, 'bool', known, (names) =>
    isNegated ? { op: 'Not', inputs: [context.step(op, names)] } : { op, inputs: names },
  );
}

const logicalNot: Operator = (context) => {
  const operand = context.cast(context.tensor(0), 'bool');
  return [conditional(context, [operand], 'Not', (a) => (isNumber(a) ? a === 0 : null), false)];
};

/** `a` where the condition holds and `b` elsewhere. */
const select: Operator = (context) => {
  const [condition, a, b] = [context.cast(context.tensor(0), 'bool'), context.tensor(1), context.tensor(2)];
  const type = wider(a.type, b.type);
  if (context.node.op === 'Select' && condition.shape.length === 1 && a.shape.length > 1) {
    context.fail('chooses whole rows by a list of conditions');
  }
  const operands = [condition, context.cast(a, type), context.cast(b, type)];
  return [where(context, operands, type)];
};

/** @param operands condition, then what holds where it is true, then what holds elsewhere */
export function where(context: NodeContext, operands: readonly TensorValue[], type: ValueType): TensorValue {
  const known = (shape: readonly Size[]) =>
    knownElements(operands, shape, (condition, a, b) => (isNumber(condition) ? (condition === 0 ? b : a) : null));
  return elementwise(context, operands, type, known, (names) => ({ op: 'Where', inputs: names }));
}

/** The places that are not 0, [found, rank]. */
const places: Operator = (context) => {
  const condition = context.tensor(0);
  const found = context.step('NonZero', [context.emitter.plainName(condition)]);
  const rows = context.step('Transpose', [found], { perm: [1, 0] });
  return [context.int32(rows, { shape: [context.unknownSize(), condition.shape.length] })];
};

const bitwiseAnd: Operator = (context) => {
  const operands = [context.tensor(0), context.tensor(1)].map((value) => context.cast(value, 'int32'));
  const { names, layout, shape } = aligned(context, operands);
  return [context.give('BitwiseAnd', names, { type: 'int32', shape, layout })];
};

export const logicalOperators: OperatorTable = {
  BitwiseAnd: bitwiseAnd,
  Equal: comparison('Equal', equal),
  Greater: comparison(
    'Greater',
    ordered((a, b) => a > b),
  ),
  GreaterEqual: comparison(
    'GreaterOrEqual',
    ordered((a, b) => a >= b),
  ),
  Less: comparison(
    'Less',
    ordered((a, b) => a < b),
  ),
  LessEqual: comparison(
    'LessOrEqual',
    ordered((a, b) => a <= b),
  ),
  LogicalAnd: connective(
    'And',
    ordered((a, b) => a !== 0 && b !== 0),
  ),
  LogicalNot: logicalNot,
  LogicalOr: connective(
    'Or',
    ordered((a, b) => a !== 0 || b !== 0),
  ),
  NotEqual: comparison('Equal', equal, true),
  Select: select,
  SelectV2: select,
  Where: places,
};
