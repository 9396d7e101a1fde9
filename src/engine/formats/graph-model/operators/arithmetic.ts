import { aligned, broadcastShape, knownElements } from '../broadcast.js';
import { castNumber, type NodeContext, type Operator, type OperatorTable } from '../node-context.js';
import { wider, type ValueType } from '../types.js';
import { alsoUnfolded } from '../unfolded.js';
import { isNumber, type TensorValue } from '../value.js';

/** The last node of an elementwise operator; those before it are steps. */
interface Last {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number>>;
}

interface Binary {
  readonly emit: (context: NodeContext, a: string, b: string, type: ValueType) => Last;
  readonly evaluate: (a: number, b: number, type: ValueType) => number;
}

/** An operator of two tensors of one type that gives that type. */
export function binary(context: NodeContext, a: TensorValue, b: TensorValue, { emit, evaluate }: Binary): TensorValue {
  const wide = wider(a.type, b.type);
  const type = wide === 'bool' ? 'int32' : wide;
  const operands = [context.cast(a, type), context.cast(b, type)];
  const known = (shape: TensorValue['shape']) =>
    knownElements(operands, shape, (x, y) =>
      isNumber(x) && isNumber(y) ? castNumber(evaluate(x, y, type), type) : neutral(context.node.op, x, y),
    );
  return elementwise(context, operands, type, known, ([x = '', y = '']) => emit(context, x, y, type));
}

/** Emits an elementwise operator, unless all that it gives is known. */
export function elementwise(
  context: NodeContext,
  operands: readonly TensorValue[],
  type: ValueType,
  knownIn: (shape: TensorValue['shape']) => TensorValue['known'],
  emit: (names: readonly string[]) => Last,
): TensorValue {
  const known = knownIn(
    broadcastShape(
      context,
      operands.map((operand) => operand.shape),
    ),
  );
  const { names, layout, shape } = aligned(context, operands);
  if (known?.every(isNumber) && shape.every(isNumber)) return context.emitter.numbers(type, shape, known);
  const { op, inputs, attributes = {} } = emit(names);
  const origin = type === 'float32' ? {} : { origin: { op, operands } };
  return { ...context.give(op, inputs, { type, shape, layout }, attributes), known, ...origin };
}

/** A size that is not known stays itself when it is multiplied by 1 or has 0 added. */
function neutral(op: string, a: number | string, b: number | string): number | string | null {
  if ((op === 'Mul' || op === 'FloorDiv' || op === 'RealDiv') && b === 1) return a;
  if (op === 'Mul' && a === 1) return b;
  if ((op === 'AddV2' || op === 'Add' || op === 'Sub') && b === 0) return a;
  if ((op === 'AddV2' || op === 'Add') && a === 0) return b;
  return (op === 'Maximum' || op === 'Minimum') && a === b ? a : null;
}

const plainly =
  (op: string): Binary['emit'] =>
  (_, a, b) => ({ op, inputs: [a, b] });

/** The quotient rounded down: ONNX rounds integers towards zero. */
const floorDiv: Binary = {
  emit: (context, a, b, type) => {
    const quotient = context.step('Div', [a, b]);
    if (type === 'float32') return { op: 'Floor', inputs: [quotient] };
    const rest = context.step('Sub', [a, context.step('Mul', [quotient, b])]);
    const zero = context.number('int32', 0);
    const isUneven = context.step('Not', [context.step('Equal', [rest, zero])]);
    const differ = context.step('Xor', [context.step('Less', [rest, zero]), context.step('Less', [b, zero])]);
    const excess = context.step('Cast', [context.step('And', [isUneven, differ])], { to: 6 });
    return { op: 'Sub', inputs: [quotient, excess] };
  },
  evaluate: (a, b) => Math.floor(a / b),
};

/** The remainder with the sign of the divisor. ONNX has it for integers; for real numbers it is mended. */
const floorMod: Binary = {
  emit: (context, a, b, type) => {
    if (type === 'int32') return { op: 'Mod', inputs: [a, b] };
    const rest = context.step('Mod', [a, b], { fmod: 1 });
    const zero = context.scalar(0);
    const isUneven = context.step('Not', [context.step('Equal', [rest, zero])]);
    const differ = context.step('Xor', [context.step('Less', [rest, zero]), context.step('Less', [b, zero])]);
    const wrong = context.step('Cast', [context.step('And', [isUneven, differ])], { to: 1 });
    return { op: 'Add', inputs: [rest, context.step('Mul', [wrong, b])] };
  },
  evaluate: (a, b) => a - Math.floor(a / b) * b,
};

/** TensorFlow.js divides integers as `FloorDiv` does. */
const realDiv: Binary = {
  emit: (context, a, b, type) =>
    type === 'float32' ? { op: 'Div', inputs: [a, b] } : floorDiv.emit(context, a, b, type),
  evaluate: (a, b, type) => (type === 'float32' ? a / b : Math.floor(a / b)),
};

/** 0 where the divisor is 0, whose place 1 takes so that no gradient is infinite. */
const divNoNan: Binary = {
  emit: (context, a, b) => {
    const isZero = context.step('Equal', [b, context.scalar(0)]);
    const divisor = context.step('Where', [isZero, context.scalar(1), b]);
    const dividend = context.step('Where', [isZero, context.scalar(0), a]);
    return { op: 'Div', inputs: [dividend, divisor] };
  },
  evaluate: (a, b) => (b === 0 ? 0 : a / b),
};

const squaredDifference: Binary = {
  emit: (context, a, b) => {
    const difference = context.step('Sub', [a, b]);
    return { op: 'Mul', inputs: [difference, difference] };
  },
  evaluate: (a, b) => (a - b) ** 2,
};

const BINARY: Readonly<Record<string, Binary>> = {
  Add: { emit: plainly('Add'), evaluate: (a, b) => a + b },
  AddV2: { emit: plainly('Add'), evaluate: (a, b) => a + b },
  BiasAdd: { emit: plainly('Add'), evaluate: (a, b) => a + b },
  Div: realDiv,
  DivNoNan: divNoNan,
  FloorDiv: floorDiv,
  FloorMod: floorMod,
  Maximum: { emit: plainly('Max'), evaluate: (a, b) => Math.max(a, b) },
  Minimum: { emit: plainly('Min'), evaluate: (a, b) => Math.min(a, b) },
  // TensorFlow.js takes both for the one that rounds down.
  Mod: floorMod,
  Mul: { emit: plainly('Mul'), evaluate: (a, b) => a * b },
  Pow: { emit: plainly('Pow'), evaluate: (a, b) => a ** b },
  Prelu: { emit: plainly('PRelu'), evaluate: (a, b) => (a < 0 ? a * b : a) },
  RealDiv: realDiv,
  SquaredDifference: squaredDifference,
  Sub: { emit: plainly('Sub'), evaluate: (a, b) => a - b },
};

/** One after the other: a sum of many tensors of one shape. */
const addN: Operator = (context) => {
  const [first, ...others] = context.tensors();
  if (first === undefined) throw context.broken('adds nothing');
  if (others.length === 0) return [first];
  const operands = [first, ...others];
  const type = operands.map((value) => value.type).reduce(wider);
  const { names, layout, shape } = aligned(
    context,
    operands.map((value) => context.cast(value, type)),
  );
  if (type === 'float32') return [context.give('Sum', names, { type, shape, layout })];
  const total = names.slice(1, -1).reduce((sum, name) => context.step('Add', [sum, name]), names[0] ?? '');
  return [context.give('Add', [total, names.at(-1) ?? ''], { type, shape, layout })];
};

/** Whether a value is the same for every sample and every place of an image, as biases are. */
function isAlongChannels(value: TensorValue): boolean {
  return value.shape.slice(0, -1).every((size) => size === 1);
}

export const arithmeticOperators: OperatorTable = {
  ...Object.fromEntries(
    Object.entries(BINARY).map(([op, definition]): [string, Operator] => [
      op,
      (context) => {
        const [a, b] = [context.tensor(0), context.tensor(1)];
        const apply = (value: TensorValue): TensorValue => binary(context, value, b, definition);
        return [isAlongChannels(b) ? alsoUnfolded(a, apply) : apply(a)];
      },
    ]),
  ),
  AddN: addN,
};
