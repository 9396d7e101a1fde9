import { AssayError } from '#base/errors';
import type { RandomStreams } from '#stats/random';
import type { EncodedColumn } from '../contract.js';
import type { PramOptions } from './options.js';
import { protectedBy, withTexts, type ProtectedColumn } from './protected-column.js';

export interface Pram extends ProtectedColumn {
  /** Which values the rows and columns of the matrix are. */
  readonly values: readonly string[];
  /** From a value to another: the probabilities by which cells were changed. Each row adds up to 1. */
  readonly transition: readonly Float64Array[];
  /** How often each value occurs. */
  readonly counts: { readonly before: Float64Array; readonly after: Float64Array };
}

/** A matrix is held and multiplied whole. */
const MOST_VALUES = 1000;

/**
 * Post-randomization (Gouweleeuw, Kooiman, Willenborg & de Wolf 1998, "Post Randomisation for Statistical Disclosure Control: Theory and
 * Implementation", J. Official Statistics 14): each value becomes another by chance, by the probabilities of a matrix that is published
 * with the table, so that what was done to frequencies can be undone in expectation. Missing values stay missing.
 *
 * Plain: P, a value stays with probability `keep`, and the others share the rest evenly; or the matrix that is given. Invariant: R = P Q with
 * q_lj = p_jl t_j / sum_h p_hl t_h, the probability that j was the value behind l (two-stage, section 3 there); with t the frequencies, t R = t. Both are
 * mixed with the identity: `amount` R + (1 - `amount`) I.
 *
 * @param random one stream a row is drawn from it; give each column streams of its own
 * @throws AssayError `config` for a matrix whose rows do not add up to 1, or that lacks a value; `data` for more than 1,000 different values
 */
export function pram(column: EncodedColumn, options: PramOptions, random: RandomStreams): Pram {
  const values = valuesOf(column, options);
  const position = new Map(values.map((value, i) => [value, i]));
  const positions = column.dictionary.map((text) => (text === null ? -1 : (position.get(text) ?? -1)));
  const before = countsOf(column.codes, (code) => positions[code] ?? -1, values.length);
  const transition = transitionOf(column.name, values, before, options);
  const after = withTexts(column, (row) => {
    const from = positions[column.codes[row] ?? 0] ?? -1;
    return from < 0 ? null : (values[draw(transition[from], random.of(row).uniform(), from)] ?? null);
  });
  return {
    ...protectedBy(column, after),
    values,
    transition,
    counts: {
      before,
      after: countsOf(after.codes, (code) => position.get(after.dictionary[code] ?? '') ?? -1, values.length),
    },
  };
}

/** The values of the column, and behind them those that only the matrix names. */
function valuesOf({ name, dictionary, codes }: EncodedColumn, { matrix }: PramOptions): string[] {
  const occurring = new Set(codes);
  const present = dictionary.filter((value, code): value is string => value !== null && occurring.has(code));
  const named = matrix === undefined ? [] : [...Object.keys(matrix), ...Object.values(matrix).flatMap(Object.keys)];
  const values = [...new Set([...present, ...named])];
  if (values.length <= MOST_VALUES) return values;
  throw new AssayError('data', {
    where: name,
    what: `post-randomization is for categories, and this column has ${values.length} different values`,
    mend: 'Generalize it first, or use noise or rank swapping.',
  });
}

function countsOf(codes: Int32Array, positionOf: (code: number) => number, length: number): Float64Array {
  const counts = new Float64Array(length);
  for (const code of codes) {
    const position = code === 0 ? -1 : positionOf(code);
    if (position >= 0) counts[position] = (counts[position] ?? 0) + 1;
  }
  return counts;
}

function transitionOf(
  column: string,
  values: readonly string[],
  counts: Float64Array,
  options: PramOptions,
): Float64Array[] {
  const { kind, matrix, keep, amount } = options;
  const plain = matrix === undefined ? evenMatrix(values.length, keep) : givenMatrix(column, values, counts, matrix);
  const whole = kind === 'plain' ? plain : invariantMatrix(plain, counts);
  return whole.map((row, i) => row.map((probability, j) => amount * probability + (i === j ? 1 - amount : 0)));
}

function evenMatrix(size: number, keep: number): Float64Array[] {
  const rest = size > 1 ? (1 - keep) / (size - 1) : 0;
  return Array.from({ length: size }, (_, i) =>
    Float64Array.from({ length: size }, (_value, j) => (i === j ? 1 - rest * (size - 1) : rest)),
  );
}

function givenMatrix(
  column: string,
  values: readonly string[],
  counts: Float64Array,
  matrix: NonNullable<PramOptions['matrix']>,
): Float64Array[] {
  const rowOf = new Map(Object.entries(matrix).map(([from, to]) => [from, new Map(Object.entries(to))]));
  return values.map((from, i) => {
    const given = rowOf.get(from);
    if (given === undefined && (counts[i] ?? 0) > 0) {
      throw new AssayError('config', {
        where: column,
        what: `the matrix says nothing of the value ${from}`,
        mend: 'Give it a row.',
      });
    }
    // A value that does not occur is never changed.
    if (given === undefined) return Float64Array.from(values, (_, j) => (i === j ? 1 : 0));
    const sum = [...given.values()].reduce((total, probability) => total + probability, 0);
    if (Math.abs(sum - 1) > 1e-9) {
      throw new AssayError('config', {
        where: column,
        what: `the probabilities of the value ${from} add up to ${Number(sum.toPrecision(6))}`,
        mend: 'They must add up to 1.',
      });
    }
    return Float64Array.from(values, (to) => (given.get(to) ?? 0) / sum);
  });
}

function invariantMatrix(plain: readonly Float64Array[], counts: Float64Array): Float64Array[] {
  const size = counts.length;
  const p = (from: number, to: number) => plain[from]?.[to] ?? 0;
  /** Expected counts behind the first stage. */
  const between = Float64Array.from({ length: size }, (_, l) =>
    counts.reduce((sum, count, h) => sum + p(h, l) * count, 0),
  );
  return plain.map((row) =>
    Float64Array.from({ length: size }, (_, j) =>
      row.reduce((sum, first, l) => {
        const all = between[l] ?? 0;
        return all === 0 ? sum : sum + (first * p(j, l) * (counts[j] ?? 0)) / all;
      }, 0),
    ),
  );
}

/** Where a uniform number falls among the probabilities of a row; the value itself where rounding leaves nothing for it. */
function draw(row: Float64Array | undefined, uniform: number, from: number): number {
  let sum = 0;
  for (const [to, probability] of (row ?? new Float64Array(0)).entries()) {
    sum += probability;
    if (uniform < sum) return to;
  }
  return from;
}
