/** Values of a graph as sums of products, so that a formula is found in whichever order an exporter wrote it. */
import { sizeOf } from '#base/tensor';
import { float32Of } from '../graph/constants.js';
import type { Graph, Node } from '../graph/ir.js';
import type { Uses } from './uses.js';

/** coefficient x product of symbol^exponent; symbols are names of values. */
export interface Term {
  readonly coefficient: number;
  readonly powers: Readonly<Record<string, number>>;
}

export function term(coefficient: number, powers: Term['powers']): Term {
  return { coefficient, powers };
}

/** A value as a sum of terms, and the nodes that compute it from their symbols. */
export interface Expansion {
  readonly terms: readonly Term[];
  readonly nodes: ReadonlySet<Node>;
}

/** No formula that is looked for is deeper or has more terms; what goes beyond becomes a symbol. */
const DEEPEST = 10;
const MOST_TERMS = 8;

const ARITHMETIC: ReadonlySet<string> = new Set(['Add', 'Div', 'Mul', 'Neg', 'Pow', 'Reciprocal', 'Sub']);

export function isArithmetic(node: Node): boolean {
  return node.domain === '' && ARITHMETIC.has(node.op);
}

/** Expands a value over `symbols`, float32 constants of one element, and whatever is no sum or product. */
export function expand(graph: Graph, uses: Uses, value: string, symbols: readonly string[]): Expansion {
  const expanded = (name: string, depth: number): Expansion => {
    const number = scalarOf(graph, name);
    if (number !== null) return { terms: [term(number, {})], nodes: new Set() };
    const symbol: Expansion = { terms: [term(1, { [name]: 1 })], nodes: new Set() };
    const node = symbols.includes(name) ? undefined : uses.producer(name);
    if (node === undefined || !isArithmetic(node) || depth === DEEPEST) return symbol;
    const operands = node.inputs.map((input) => expanded(input, depth + 1));
    const terms = combined(node.op, operands[0]?.terms ?? [], operands[1]?.terms ?? []);
    if (terms === null || terms.length > MOST_TERMS) return symbol;
    return { terms, nodes: new Set([node, ...operands.flatMap(({ nodes }) => [...nodes])]) };
  };
  return expanded(value, 0);
}

/** Whether two sums have the same terms, with coefficients equal up to the rounding of constants in files. */
export function sameTerms(found: readonly Term[], wanted: readonly Term[]): boolean {
  const coefficients = new Map(wanted.map(({ coefficient, powers }) => [keyOf(powers), coefficient]));
  return (
    found.length === wanted.length &&
    found.every(({ coefficient, powers }) => isClose(coefficient, coefficients.get(keyOf(powers))))
  );
}

function isClose(value: number, wanted: number | undefined): boolean {
  return wanted !== undefined && Math.abs(value - wanted) <= 1e-5 * Math.abs(wanted);
}

/** Values that `value` is computed from by arithmetic, itself included, nearest first. */
export function arithmeticSources(uses: Uses, value: string): string[] {
  return reached(value, (name) => {
    const node = uses.producer(name);
    return node !== undefined && isArithmetic(node) ? node.inputs : [];
  });
}

/** Values that are computed from `value` by arithmetic, itself included, nearest first. */
export function arithmeticResults(uses: Uses, value: string): string[] {
  return reached(value, (name) =>
    uses
      .readers(name)
      .filter(isArithmetic)
      .flatMap(({ outputs }) => outputs),
  );
}

/** How many values the search looks at on either side; the largest formula has 13. */
const FARTHEST = 16;

function reached(start: string, next: (name: string) => readonly string[]): string[] {
  const found = new Set([start]);
  for (const name of found) {
    for (const further of next(name)) if (found.size < FARTHEST) found.add(further);
  }
  return [...found];
}

/** The value of a float32 constant of one element that any tensor can be combined with and keeps its shape. */
function scalarOf(graph: Graph, name: string): number | null {
  const constant = graph.constants.get(name);
  if (constant?.type !== 'float32' || sizeOf(constant.shape) !== 1 || constant.shape.length > 1) return null;
  return float32Of(constant)[0] ?? null;
}

function combined(op: string, a: readonly Term[], b: readonly Term[]): readonly Term[] | null {
  switch (op) {
    case 'Add':
      return merged([...a, ...b]);
    case 'Sub':
      return merged([...a, ...negated(b)]);
    case 'Neg':
      return negated(a);
    case 'Mul':
      return product(a, b);
    case 'Reciprocal':
      return power(a, -1);
    case 'Div': {
      const inverse = power(b, -1);
      return inverse === null ? null : product(a, inverse);
    }
    default: {
      const [exponent] = b;
      const isNumber = b.length === 1 && exponent !== undefined && Object.keys(exponent.powers).length === 0;
      return isNumber ? power(a, exponent.coefficient) : null;
    }
  }
}

function negated(terms: readonly Term[]): readonly Term[] {
  return terms.map(({ coefficient, powers }) => term(-coefficient, powers));
}

function product(a: readonly Term[], b: readonly Term[]): readonly Term[] {
  return merged(a.flatMap((left) => b.map((right) => productOfTerms(left, right))));
}

function productOfTerms(a: Term, b: Term): Term {
  const powers = new Map(Object.entries(a.powers));
  for (const [symbol, exponent] of Object.entries(b.powers)) powers.set(symbol, (powers.get(symbol) ?? 0) + exponent);
  return term(a.coefficient * b.coefficient, Object.fromEntries(powers));
}

/** Small whole exponents; negative ones of a single term, as a sum has no inverse of finitely many terms. */
function power(terms: readonly Term[], exponent: number): readonly Term[] | null {
  if (!Number.isInteger(exponent) || Math.abs(exponent) > 3 || exponent === 0) return null;
  const base = exponent < 0 ? inverse(terms) : terms;
  if (base === null) return null;
  return Array.from({ length: Math.abs(exponent) - 1 }).reduce<readonly Term[]>((total) => product(total, base), base);
}

function inverse(terms: readonly Term[]): readonly Term[] | null {
  const [only] = terms;
  if (only === undefined || terms.length > 1 || only.coefficient === 0) return null;
  const powers = Object.fromEntries(Object.entries(only.powers).map(([symbol, exponent]) => [symbol, -exponent]));
  return [term(1 / only.coefficient, powers)];
}

/** Adds up terms of the same powers and leaves those out that vanish. */
function merged(terms: readonly Term[]): readonly Term[] {
  const sums = new Map<string, Term>();
  for (const { coefficient, powers } of terms) {
    const key = keyOf(powers);
    sums.set(key, term(coefficient + (sums.get(key)?.coefficient ?? 0), powers));
  }
  return [...sums.values()].filter(({ coefficient }) => coefficient !== 0);
}

function keyOf(powers: Term['powers']): string {
  const present = Object.entries(powers).filter(([, exponent]) => exponent !== 0);
  return JSON.stringify(present.sort(([a], [b]) => (a < b ? -1 : 1)));
}
