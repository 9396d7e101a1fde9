import type { AttributeInputs } from '../emitter.js';
import { float } from '../../../onnx/graph/builder.js';
import { castNumber, type NodeContext, type Operator, type OperatorTable } from '../node-context.js';
import { alsoUnfolded } from '../unfolded.js';
import { isNumber, type TensorValue } from '../value.js';
import type { ValueType } from '../types.js';

interface Last {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes?: AttributeInputs;
}

/** An elementwise operator of one tensor. */
interface Unary {
  readonly emit: (context: NodeContext, x: string, type: ValueType) => Last;
  /** For whole numbers and small constants; null where a constant is left to the runtime. */
  readonly evaluate?: (x: number) => number;
  /** What it takes; others are cast. Without one any number will do. */
  readonly takes?: ValueType;
  readonly gives?: ValueType;
}

export function unary(context: NodeContext, given: TensorValue, { emit, evaluate, takes, gives }: Unary): TensorValue {
  const type = takes ?? (given.type === 'bool' ? 'int32' : given.type);
  const x = context.cast(given, type);
  const result = gives ?? type;
  const known =
    evaluate === undefined
      ? null
      : (x.known?.map((element) => (isNumber(element) ? castNumber(evaluate(element), result) : null)) ?? null);
  if (known?.every(isNumber) && x.shape.every(isNumber)) return context.emitter.numbers(result, x.shape, known);
  const { op, inputs, attributes = {} } = emit(context, context.emitter.nameOf(x), type);
  return { ...context.give(op, inputs, { ...x, type: result }, attributes), known };
}

const plainly =
  (op: string, attributes: AttributeInputs = {}): Unary['emit'] =>
  (_, x) => ({ op, inputs: [x], attributes });

const real = (op: string, evaluate?: (x: number) => number): Unary => ({
  emit: plainly(op),
  takes: 'float32',
  ...(evaluate === undefined ? {} : { evaluate }),
});

const UNARY: Readonly<Record<string, Unary>> = {
  Abs: { emit: plainly('Abs'), evaluate: Math.abs },
  Acos: real('Acos'),
  Acosh: real('Acosh'),
  Asin: real('Asin'),
  Asinh: real('Asinh'),
  Atan: real('Atan'),
  Atanh: real('Atanh'),
  Ceil: real('Ceil', Math.ceil),
  Cos: real('Cos'),
  Cosh: real('Cosh'),
  Elu: real('Elu'),
  Erf: real('Erf'),
  Exp: real('Exp', Math.exp),
  Expm1: {
    emit: (context, x) => ({ op: 'Sub', inputs: [context.step('Exp', [x]), context.scalar(1)] }),
    takes: 'float32',
  },
  Floor: real('Floor', Math.floor),
  IsFinite: {
    emit: (context, x) => ({
      op: 'Not',
      inputs: [context.step('Or', [context.step('IsNaN', [x]), context.step('IsInf', [x])])],
    }),
    takes: 'float32',
    gives: 'bool',
  },
  IsInf: { emit: plainly('IsInf'), takes: 'float32', gives: 'bool' },
  IsNan: { emit: plainly('IsNaN'), takes: 'float32', gives: 'bool' },
  Log: real('Log', Math.log),
  Log1p: {
    emit: (context, x) => ({ op: 'Log', inputs: [context.step('Add', [x, context.scalar(1)])] }),
    takes: 'float32',
  },
  Neg: { emit: plainly('Neg'), evaluate: (x) => -x },
  Reciprocal: real('Reciprocal', (x) => 1 / x),
  Relu: { emit: plainly('Relu'), evaluate: (x) => Math.max(x, 0) },
  Relu6: {
    emit: (context, x) => ({ op: 'Clip', inputs: [x, context.scalar(0), context.scalar(6)] }),
    takes: 'float32',
  },
  Round: real('Round'),
  Rsqrt: {
    emit: (context, x) => ({ op: 'Reciprocal', inputs: [context.step('Sqrt', [x])] }),
    takes: 'float32',
  },
  Selu: real('Selu'),
  Sigmoid: real('Sigmoid'),
  Sign: { emit: plainly('Sign'), evaluate: Math.sign },
  Sin: real('Sin'),
  Sinh: real('Sinh'),
  Softplus: real('Softplus'),
  Sqrt: real('Sqrt', Math.sqrt),
  Square: { emit: (_, x) => ({ op: 'Mul', inputs: [x, x] }), evaluate: (x) => x * x },
  Tan: real('Tan'),
  Tanh: real('Tanh'),
};

const leakyRelu: Operator = (context) => {
  const alpha = context.attributes.float('alpha') ?? 0.2;
  return [unary(context, context.tensor(0), { emit: plainly('LeakyRelu', { alpha: float(alpha) }), takes: 'float32' })];
};

const clipByValue: Operator = (context) => {
  const x = context.tensor(0);
  const bounds = [1, 2].map((index) => {
    const bound = context.cast(context.tensor(index), x.type);
    if (bound.shape.some((size) => size !== 1)) context.fail('has bounds of several numbers');
    return bound.shape.length === 0
      ? context.emitter.nameOf(bound)
      : context.step('Reshape', [context.emitter.nameOf(bound), context.integerList([])]);
  });
  return [unary(context, x, { emit: (_, name) => ({ op: 'Clip', inputs: [name, ...bounds] }), takes: x.type })];
};

/** The value in another type; what is not 0 is true. */
const cast: Operator = (context) => {
  const type = context.attributes.type('DstT');
  if (type === null) return context.fail('casts to what is no type of numbers');
  const x = context.tensor(0);
  return [context.cast(x, type)];
};

export const elementwiseOperators: OperatorTable = {
  ...Object.fromEntries(
    Object.entries(UNARY).map(([op, definition]): [string, Operator] => [
      op,
      (context) => [alsoUnfolded(context.tensor(0), (x) => unary(context, x, definition))],
    ]),
  ),
  Cast: cast,
  ClipByValue: clipByValue,
  LeakyRelu: leakyRelu,
};
