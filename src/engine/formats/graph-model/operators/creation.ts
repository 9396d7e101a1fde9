import type { NodeContext, Operator, OperatorTable } from '../node-context.js';
import { castNumber } from '../node-context.js';
import { countOf, isNumber, MOST_KNOWN, type Size, type TensorValue } from '../value.js';
import { sizesOf } from './shape.js';

/** One number everywhere. */
function filled(context: NodeContext, sizes: TensorValue, value: TensorValue): TensorValue {
  const { emitter } = context;
  const shape = (sizes.known ?? context.fail('takes the shape of its result from a computation')).map(
    (size): Size => size ?? context.unknownSize(),
  );
  const [element] = value.known ?? [];
  const count = countOf(shape);
  if (isNumber(element) && count !== null && count <= MOST_KNOWN && shape.every(isNumber)) {
    return emitter.numbers(
      value.type,
      shape,
      Array.from({ length: count }, () => element),
    );
  }
  const name = emitter.plainName(value);
  return context.give('Expand', [name, context.int64(sizes)], { type: value.type, shape });
}

const fill: Operator = (context) => [filled(context, context.tensor(0), context.tensor(1))];

function constantly(value: number): Operator {
  return (context) => {
    const type = context.attributes.type('T') ?? context.attributes.type('dtype') ?? 'float32';
    return [filled(context, context.tensor(0), context.emitter.numbers(type, [], [value]))];
  };
}

/** One number everywhere, in the shape of another tensor. */
function constantlyLike(value: number): Operator {
  return (context) => {
    const { emitter } = context;
    const x = context.tensor(0);
    return [filled(context, sizesOf(context, x), emitter.numbers(x.type, [], [value]))];
  };
}

const range: Operator = (context) => {
  const { emitter } = context;
  const operands = [context.tensor(0), context.tensor(1), context.tensor(2)];
  const type = context.attributes.type('Tidx') ?? 'float32';
  const [start, limit, step] = operands.map(({ known }) => known?.[0] ?? null);
  if (isNumber(start) && isNumber(limit) && isNumber(step)) {
    const count = Math.max(Math.ceil((limit - start) / step), 0);
    if (step === 0) throw context.broken('counts in steps of 0');
    if (count <= MOST_KNOWN) {
      const values = Array.from({ length: count }, (_, i) => castNumber(start + i * step, type));
      return [emitter.numbers(type, [count], values)];
    }
  }
  const inputs = operands.map((operand) => {
    const name = emitter.plainName(context.cast(operand, type));
    return operand.shape.length === 0 ? name : context.step('Reshape', [name, context.integerList([])]);
  });
  const isCount = start === 0 && step === 1 && typeof limit === 'string';
  return [context.give('Range', inputs, { type, shape: [isCount ? limit : context.unknownSize()] })];
};

const linSpace: Operator = (context) => {
  const [start, stop] = [context.tensor(0), context.tensor(1)].map(({ known }) => known?.[0] ?? null);
  const count = context.integer(2, 'number of steps');
  if (!isNumber(start) || !isNumber(stop)) return context.fail('takes its ends from a computation');
  if (count < 1 || count > 2 ** 16) throw context.broken(`has ${count} steps`);
  const step = count === 1 ? 0 : (stop - start) / (count - 1);
  return [
    context.emitter.numbers(
      'float32',
      [count],
      Array.from({ length: count }, (_, i) => start + i * step),
    ),
  ];
};

const random: Operator = (context) => context.fail('draws random numbers');

export const creationOperators: OperatorTable = {
  Fill: fill,
  LinSpace: linSpace,
  Multinomial: random,
  Ones: constantly(1),
  OnesLike: constantlyLike(1),
  RandomStandardNormal: random,
  RandomUniform: random,
  RandomUniformInt: random,
  Range: range,
  TruncatedNormal: random,
  Zeros: constantly(0),
  ZerosLike: constantlyLike(0),
};
