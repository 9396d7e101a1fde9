import { tensorsOf, type Argument, type Call, type Layer, type Lowering } from '../lowering/layer.js';
import { plainValue, type Value } from '../lowering/value.js';

/** Operations that Keras 3 writes into a functional model where masks and arithmetic are computed between layers. */

/** @param op a comparison of ONNX, negated where Keras has the opposite */
function comparison(op: string, isNegated = false): Lowering {
  return (layer, call) => {
    const [a, b] = operands(layer, call);
    const { graph } = layer;
    const compared = graph.node(op, [a.name, b.name]);
    const name = isNegated ? graph.node('Not', [compared]) : compared;
    return { name, shape: a.shape, type: 'bool', layout: 'plain', mask: null };
  };
}

/** A tensor, and a tensor or a number of its type. */
function operands(layer: Layer, { args, kwargs }: Call): readonly [Value, { readonly name: string }] {
  const [left, right] = [kwargs.get('x1') ?? args[0], kwargs.get('x2') ?? args[1]];
  const value = tensorIn(layer, left) ?? layer.refuse('compares something else than a tensor');
  const other = tensorIn(layer, right);
  if (other !== undefined) {
    return other.type === value.type ? [value, other] : layer.refuse('compares tensors of two types');
  }
  if (right?.kind !== 'value' || typeof right.value !== 'number') return layer.refuse('compares with no number');
  const { graph } = layer;
  // Tokens are declared as real numbers and are whole ones; compared as such they stay tokens.
  const isWhole = value.type === 'int32';
  const number = graph.scalar(right.value);
  return [value, { name: isWhole ? graph.cast(number, 'int32') : number }];
}

function tensorIn(layer: Layer, argument: Argument | undefined): Value | undefined {
  return argument?.kind === 'tensor' ? layer.layouts.plain(argument.value) : undefined;
}

function logical(op: string): Lowering {
  return (layer, call) => {
    const [a, b] = tensorsOf(call.args);
    if (a?.type !== 'bool' || b?.type !== 'bool') return layer.refuse('joins something else than masks');
    return { ...a, name: layer.graph.node(op, [a.name, b.name]), mask: null };
  };
}

/** Whether any, or all, of a mask hold along an axis. */
function quantifier(op: 'ReduceMax' | 'ReduceMin'): Lowering {
  return (layer, call) => {
    const [mask] = tensorsOf(call.args);
    const axes = layer.settings.integers('axis', []);
    if (mask?.type !== 'bool' || axes.length !== 1 || layer.settings.flag('keepdims', false)) {
      return layer.refuse('reduces something else than one axis of a mask');
    }
    const rank = mask.shape.length;
    const axis = (axes[0] ?? 0) < 0 ? (axes[0] ?? 0) + rank : (axes[0] ?? 0);
    const { graph } = layer;
    const reduced = graph.node(op, [graph.cast(mask.name, 'float32'), graph.integers([axis])], { keepdims: 0 });
    const shape = mask.shape.filter((_, each) => each !== axis);
    return { ...plainValue(graph.cast(reduced, 'bool'), shape), type: 'bool' };
  };
}

export const operations: Readonly<Record<string, Lowering>> = {
  Equal: comparison('Equal'),
  NotEqual: comparison('Equal', true),
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
  Any: quantifier('ReduceMax'),
  All: quantifier('ReduceMin'),
};
