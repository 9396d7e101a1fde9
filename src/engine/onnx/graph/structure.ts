import type { NodeFact } from '../../contract.js';
import { prune } from '../passes/prune.js';
import { intOf } from './attributes.js';
import { elementTypeOf } from './element-type.js';
import type { ElementType, Graph, Node } from './ir.js';
import { withoutPreprocessor } from './marks.js';
import { dependentsOf, readsOf } from './walk.js';

/** Operators that draw random numbers. A Dropout that drops is refused when a model is read. */
export const RANDOM: ReadonlySet<string> = new Set(
  'Bernoulli Multinomial RandomNormal RandomNormalLike RandomUniform RandomUniformLike'.split(' '),
);

/** Operators that give steps, or pick by chance: their derivative is 0 wherever there is one. */
export const STEPS: ReadonlySet<string> = new Set(
  (
    'And ArgMax ArgMin Bernoulli BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Ceil Equal Floor Greater ' +
    'GreaterOrEqual Hardmax IsInf IsNaN Less LessOrEqual Multinomial NonZero Not OneHot Or Round Sign Xor'
  ).split(' '),
);

/** Operators that read the shape of a value, and nothing of what it holds. */
const SHAPES: ReadonlySet<string> = new Set(
  'ConstantOfShape EyeLike RandomNormalLike RandomUniformLike Range Shape Size'.split(' '),
);

/** Outputs that are positions, by their index. */
const POSITIONS: Readonly<Record<string, number>> = { MaxPool: 1, TopK: 1 };

const REAL: ReadonlySet<ElementType> = new Set<ElementType>(['float32', 'float64', 'float16', 'bfloat16']);

/** What can be seen of a graph that makes gradients useless, or answers uncertain. */
export interface Structure {
  readonly blocked: readonly NodeFact[];
  readonly random: readonly NodeFact[];
}

/**
 * Finds the nodes at which gradients end on the way from the scores to the input, and those that draw random numbers.
 * Of several steps on one way, the one nearest to the input is told. A declared preprocessor is passed by.
 *
 * @param from the input, or the value of the embedding where gradients of tokens are taken
 */
export function structureOf(graph: Graph, from: string, output: string): Structure {
  const whole = prune(graph, [output]);
  const nodes = withoutPreprocessor(whole, [output]);
  const alive = dependentsOf(
    nodes,
    [from],
    (name, node) => !isStep(node) && !readsShape(node) && !isPosition(name, node),
  );
  const readsAlive = (node: Node): boolean => readsOf(node).some((name) => alive.has(name));
  const used = new Set([output, ...nodes.flatMap(readsOf)]);
  const ends = (node: Node): boolean =>
    isStep(node) || node.outputs.some((name) => used.has(name) && isPosition(name, node));
  return {
    blocked: nodes.filter((node) => ends(node) && readsAlive(node)).map(factOf),
    random: whole.nodes.filter((node) => isOneOf(node, RANDOM)).map(factOf),
  };
}

/** Whether a node's derivative is 0 wherever there is one. */
export function isStep(node: Node): boolean {
  if (node.domain === '' && node.op === 'Cast') return !REAL.has(elementTypeOf(intOf(node, 'to', 0)));
  return isOneOf(node, STEPS);
}

/** Whether a node reads nothing of its inputs but shapes. */
export function readsShape(node: Node): boolean {
  return isOneOf(node, SHAPES);
}

function isPosition(name: string, { domain, op, outputs }: Node): boolean {
  const index = domain === '' ? POSITIONS[op] : undefined;
  return index !== undefined && outputs.indexOf(name) === index;
}

function isOneOf({ domain, op }: Node, operators: ReadonlySet<string>): boolean {
  return domain === '' && operators.has(op);
}

function factOf({ name, op, domain, outputs }: Node): NodeFact {
  return { node: name === '' ? (outputs[0] ?? '') : name, operator: domain === '' ? op : `${domain}.${op}` };
}
