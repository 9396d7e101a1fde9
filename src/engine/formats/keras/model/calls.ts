import { isCount, isList, isRecord, member } from '../../json-value.js';
import type { ArgumentPlan, CallPlan, Reference } from './plan.js';

type Fail = (what: string) => never;

/** Lists in lists of arguments; Keras has two. */
const DEEPEST = 8;

/**
 * The calls of a layer. Keras 3 writes each as its arguments, tensors among them; Keras 2 and TensorFlow.js as a list of
 * `[layer, call, output, other arguments]`.
 */
export function readCalls(nodes: unknown, fail: Fail): CallPlan[] {
  if (nodes === undefined || nodes === null) return [];
  if (!isList(nodes)) return fail('has `inbound_nodes` that are no list');
  return nodes.map((node) => {
    if (isRecord(node)) return newCall(node, fail);
    return isList(node) ? oldCall(node, fail) : fail('has an inbound node that is no list');
  });
}

function newCall(node: Readonly<Record<string, unknown>>, fail: Fail): CallPlan {
  const args = member(node, 'args');
  const kwargs = member(node, 'kwargs') ?? {};
  if (!isList(args) || !isRecord(kwargs)) return fail('has an inbound node without arguments');
  return {
    args: args.map((argument) => newArgument(argument, fail, DEEPEST)),
    kwargs: new Map(Object.entries(kwargs).map(([key, value]) => [key, newArgument(value, fail, DEEPEST)])),
  };
}

function newArgument(value: unknown, fail: Fail, depth: number): ArgumentPlan {
  if (depth === 0) return fail('has arguments in lists without end');
  if (isList(value)) return { kind: 'list', items: value.map((each) => newArgument(each, fail, depth - 1)) };
  if (!isRecord(value) || member(value, 'class_name') !== '__keras_tensor__') return { kind: 'value', value };
  const config = member(value, 'config');
  const history = isRecord(config) ? member(config, 'keras_history') : undefined;
  return { kind: 'tensor', from: readReference(history, fail) };
}

function oldCall(node: readonly unknown[], fail: Fail): CallPlan {
  // One tensor alone is not put into a list of its own by every version.
  const entries = typeof node[0] === 'string' ? [node] : node;
  const tensors = entries.map((entry) => ({ kind: 'tensor' as const, from: readReference(entry, fail) }));
  const [first] = tensors;
  const options = entries.map((entry) => (isList(entry) ? entry[3] : undefined)).filter(isRecord);
  return {
    args: first === undefined ? [] : tensors.length === 1 ? [first] : [{ kind: 'list', items: tensors }],
    kwargs: new Map(
      options.flatMap((each) => Object.entries(each)).map(([key, value]) => [key, oldArgument(value, fail, DEEPEST)]),
    ),
  };
}

/** A tensor among the other arguments looks like `[layer, call, output]`. */
function oldArgument(value: unknown, fail: Fail, depth: number): ArgumentPlan {
  if (depth === 0) return fail('has arguments in lists without end');
  if (!isList(value)) return { kind: 'value', value };
  if (value[0] === '_CONSTANT_VALUE') return { kind: 'value', value: value[2] };
  if (typeof value[0] === 'string' && isCount(value[1])) return { kind: 'tensor', from: readReference(value, fail) };
  return { kind: 'list', items: value.map((each) => oldArgument(each, fail, depth - 1)) };
}

/** `[layer, call, output]` */
export function readReference(value: unknown, fail: Fail): Reference {
  const [layer, call, output] = isList(value) ? value : [];
  if (typeof layer !== 'string' || !isCount(call) || !isCount(output)) {
    return fail('is fed by something that is no `[layer, call, output]`');
  }
  return { layer, call, output };
}

/** The inputs or outputs of a network: one reference, a list of them, or an object with one a name. */
export function readReferences(value: unknown, fail: Fail, depth = DEEPEST): Reference[] {
  if (depth === 0) return fail('has inputs or outputs in lists without end');
  if (isRecord(value)) return Object.values(value).flatMap((each) => readReferences(each, fail, depth - 1));
  if (!isList(value)) return fail('has inputs or outputs that are no list');
  if (typeof value[0] === 'string') return [readReference(value, fail)];
  return value.flatMap((each) => readReferences(each, fail, depth - 1));
}
