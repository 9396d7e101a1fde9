import * as tf from '@tensorflow/tfjs-core';
import {
  argument,
  axisOf,
  fail,
  given,
  int,
  ints,
  operand,
  requiredArgument,
  subgraph,
  type Call,
  type OperatorTable,
} from '../operator.js';
import { numbersIn, plain, range, valueOf, type Value } from '../value.js';
import { part } from './shape.js';

/** Branches and loops: graphs in attributes, executed as often as it takes. Gradients follow what was executed. */
export const controlFlowOperators: OperatorTable = {
  If: (call) => {
    const isTrue = requiredArgument(call, 0)[0] !== 0;
    return call.execute(subgraph(call, isTrue ? 'then_branch' : 'else_branch'), []);
  },
  Loop: (call) => loop(call),
  Scan: (call) => scan(call),
};

function loop(call: Call): Value[] {
  const body = subgraph(call, 'body');
  const most = argument(call, 0)?.[0] ?? Infinity;
  let goes = (argument(call, 1)?.[0] ?? 1) !== 0;
  let carried = call.inputs.slice(2).map((_, i) => given(call, i + 2));
  const rows: Value[][] = body.outputs.slice(1 + carried.length).map(() => []);
  for (let turn = 0; goes && turn < most; turn++) {
    const number = valueOf('int64', numbersIn('int64', [], [turn]));
    const condition = valueOf('bool', numbersIn('bool', [], [1]));
    const [next, ...results] = call.execute(body, [number, condition, ...carried]);
    if (next === undefined) return fail(call, 'has a body without outputs');
    goes = plain(next).dataSync()[0] !== 0;
    carried = results.slice(0, carried.length);
    results.slice(carried.length).forEach((value, i) => rows[i]?.push(value));
  }
  return [...carried, ...rows.map((values) => stacked(values, 0))];
}

/** Nothing at all has an element type, but no known shape. */
function stacked(values: readonly Value[], axis: number): Value {
  const [first] = values;
  if (first === undefined) return valueOf('float32', tf.zeros([0]));
  return valueOf(first.type, tf.stack(values.map(plain), axis));
}

function scan(call: Call): Value[] {
  const body = subgraph(call, 'body');
  const count = int(call, 'num_scan_inputs', 1);
  const states = call.inputs.length - count;
  const sequences = range(0, count).map((i) => sequence(call, states + i, i));
  const outputs = body.outputs.length - states;
  const rows: Value[][] = range(0, outputs).map(() => []);
  let carried = range(0, states).map((i) => given(call, i));
  for (let step = 0; step < (sequences[0]?.length ?? 0); step++) {
    const own = sequences.map((values) => values[step] ?? fail(call, 'scans sequences of different lengths'));
    const results = call.execute(body, [...carried, ...own]);
    carried = results.slice(0, states);
    results.slice(states).forEach((value, i) => rows[i]?.push(value));
  }
  return [...carried, ...rows.map((values, i) => gathered(call, values, i))];
}

function sequence(call: Call, index: number, place: number): Value[] {
  const { type } = given(call, index);
  const x = operand(call, index);
  const axis = axisOf(call, ints(call, 'scan_input_axes')?.[place] ?? 0, x.rank);
  const without = x.shape.toSpliced(axis, 1);
  const steps = range(0, x.shape[axis] ?? 0).map((i) => valueOf(type, tf.reshape(part(x, axis, i, 1), without)));
  return ints(call, 'scan_input_directions')?.[place] === 1 ? steps.reverse() : steps;
}

function gathered(call: Call, values: readonly Value[], place: number): Value {
  const isReverse = ints(call, 'scan_output_directions')?.[place] === 1;
  const rank = (values[0]?.tensor.rank ?? 0) + 1;
  const axis = axisOf(call, ints(call, 'scan_output_axes')?.[place] ?? 0, rank);
  return stacked(isReverse ? values.toReversed() : values, axis);
}
