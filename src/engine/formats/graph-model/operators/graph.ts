import { bareOf } from './shape.js';
import { DEAD, isNumber, type TensorValue, type Value } from '../value.js';
import type { NodeContext, Operator, OperatorTable } from '../node-context.js';

const identity: Operator = (context) => context.inputs.slice(0, 1);

/** The model as it is audited is the one that is shipped: TensorFlow.js does not round either. */
const fakeQuant: Operator = (context) => {
  context.emitter.notes.add('Fake quantization is left out, as TensorFlow.js leaves it out.');
  return context.inputs.slice(0, 1);
};

/** Its value where nothing is fed: TensorFlow.js takes it then too. */
const placeholderWithDefault: Operator = (context) => {
  context.emitter.notes.add(`The input \`${context.name}\` keeps its default.`);
  return context.inputs.slice(0, 1);
};

/** One of two outputs, which one is known: the other is dead. */
const switchOver: Operator = (context) => {
  const chosen = condition(context, context.tensor(1));
  const [data = DEAD] = context.inputs;
  return chosen ? [DEAD, data] : [data, DEAD];
};

/** The one input that is not dead, and its place. */
const merge: Operator = (context) => {
  const alive = context.inputs.filter(({ kind }) => kind !== 'dead');
  const [value, ...others] = alive;
  if (value === undefined || others.length > 0) return context.fail('joins branches of which not one alone is taken');
  return [value, context.emitter.numbers('int32', [], [context.inputs.indexOf(value)])];
};

export function condition(context: NodeContext, value: TensorValue): boolean {
  const [known, ...others] = value.known ?? [];
  if (!isNumber(known) || others.length > 0) return context.fail('takes a branch that depends on a computation');
  return known !== 0;
}

/** Names that hold several values at once. */
const identityN: Operator = (context) => [...context.inputs];

const snapshot: Operator = (context): Value[] => [bareOf(context.tensor(0))];

const textsRefused: Operator = (context) => context.fail('works on texts');
const tablesRefused: Operator = (context) => context.fail('looks up a table of texts or numbers');
const loopsRefused: Operator = (context) => context.fail('loops by the control flow of TensorFlow 1');

export const graphOperators: OperatorTable = {
  Enter: loopsRefused,
  Exit: loopsRefused,
  FakeQuantWithMinMaxVars: fakeQuant,
  HashTable: tablesRefused,
  HashTableV2: tablesRefused,
  Identity: identity,
  IdentityN: identityN,
  LookupTableFind: tablesRefused,
  LookupTableFindV2: tablesRefused,
  LoopCond: loopsRefused,
  Merge: merge,
  NextIteration: loopsRefused,
  PlaceholderWithDefault: placeholderWithDefault,
  PreventGradient: identity,
  Print: identity,
  Snapshot: snapshot,
  StaticRegexReplace: textsRefused,
  StopGradient: identity,
  StringNGrams: textsRefused,
  StringSplit: textsRefused,
  StringToHashBucketFast: textsRefused,
  Switch: switchOver,
};
