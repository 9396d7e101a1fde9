import type { NodeContext } from './node-context.js';
import { isNumber, type Value } from './value.js';
import { wider } from './types.js';
import { where } from './operators/logical.js';

/** Lowers a function of the library: its outputs for given inputs. `scope` goes in front of the names of its nodes. */
export type Call = (context: NodeContext, name: string, inputs: readonly Value[], scope: string) => readonly Value[];

/** More turns are not written out. */
const MOST_TURNS = 4096;

/** Operators that call functions: they are written out in place of the call. */
export function calling(call: Call): ReadonlyMap<string, (context: NodeContext) => readonly Value[]> {
  const named = (context: NodeContext, attribute: string): string =>
    context.attributes.func(attribute) ?? context.fail(`names no function as its ${attribute}`);

  /** A loop whose condition is known in every turn, as those are that run over the steps of a sequence. */
  const loop = (context: NodeContext): readonly Value[] => {
    let state = context.inputs;
    for (let turn = 0; holds(context, call(context, named(context, 'cond'), state, `turn_${turn}/condition`)); turn++) {
      if (turn === MOST_TURNS) context.fail(`loops more than ${MOST_TURNS} times`);
      state = call(context, named(context, 'body'), state, `turn_${turn}`);
      if (state.length !== context.inputs.length)
        throw context.broken('loops over another number of values than it begins with');
    }
    return state;
  };

  /** One branch where it is known which, else both, of which every value is chosen. */
  const branch = (context: NodeContext): readonly Value[] => {
    const [condition] = context.tensor(0).known ?? [];
    const inputs = context.inputs.slice(1);
    const taken = (name: string) => call(context, named(context, name), inputs, name);
    if (isNumber(condition)) return taken(condition === 0 ? 'else_branch' : 'then_branch');
    const [whether, otherwise] = [taken('then_branch'), taken('else_branch')];
    if (whether.length !== otherwise.length) throw context.broken('has branches with different numbers of values');
    if (context.tensor(0).shape.length > 0) context.fail('takes a branch by several conditions');
    return whether.map((value, i) => chosen(context, value, otherwise[i]));
  };

  const inlined = (context: NodeContext): readonly Value[] =>
    call(context, named(context, 'f'), context.inputs, 'call');

  return new Map([
    ['If', branch],
    ['PartitionedCall', inlined],
    ['StatefulPartitionedCall', inlined],
    ['StatelessIf', branch],
    ['StatelessWhile', loop],
    ['While', loop],
  ]);
}

function holds(context: NodeContext, [value]: readonly Value[]): boolean {
  const [known] = value?.kind === 'tensor' ? (value.known ?? []) : [];
  if (!isNumber(known)) return context.fail('loops as often as a computation says');
  return known !== 0;
}

function chosen(context: NodeContext, a: Value, b: Value | undefined): Value {
  if (a === b) return a;
  if (a.kind !== 'tensor' || b?.kind !== 'tensor') return context.fail('chooses between lists of tensors');
  const type = wider(a.type, b.type);
  const condition = context.cast(context.tensor(0), 'bool');
  return where(context, [condition, context.cast(a, type), context.cast(b, type)], type);
}
