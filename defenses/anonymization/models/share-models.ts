import { percent } from '#base/format';
import type { MeasuringModel } from './measured-model.js';
import { sensitiveModel, type MissingSensitive, type Rule, type SensitiveColumn } from './sensitive-column.js';

interface OfColumn {
  readonly column: string;
  readonly missing: MissingSensitive;
}

/**
 * (alpha, k)-anonymity: a class has at least k records, and no sensitive value more than the share alpha of them (Wong, Li, Fu & Wang
 * 2006, doi:10.1145/1150402.1150499, in its general form, in which every value is sensitive).
 */
export function alphaKModel({
  column,
  missing,
  alpha,
  k,
}: OfColumn & { readonly alpha: number; readonly k: number }): MeasuringModel {
  const rule = ({ first }: SensitiveColumn): Rule => {
    const measure = (counts: Int32Array, records: number) => largestShare(counts, records, first);
    return { measure, holds: (counts, records) => measure(counts, records) <= alpha };
  };
  return sensitiveModel(
    {
      ...{ column, missing },
      name: `(${alpha}, ${k})-anonymity of ${column}`,
      monotone: true,
      measured: {
        label: `Share of the most frequent ${column} in the class`,
        format: 'rate',
        bar: `at most ${percent(alpha)}`,
        threshold: alpha,
        worst: 'highest',
      },
    },
    rule,
    k,
  );
}

function largestShare(counts: Int32Array, records: number, first: number): number {
  let largest = 0;
  for (let code = first; code < counts.length; code++) largest = Math.max(largest, counts[code] ?? 0);
  return records === 0 ? 0 : largest / records;
}

/**
 * beta-likeness (Cao & Karras 2012, "Publishing microdata with a robust privacy guarantee", arXiv:1208.0220): with the shares p of a
 * value in the table and q in the class, no value gains more than (q - p) / p <= beta where q > p; `enhanced`: <= min(beta, -ln p), so
 * that frequent values are bound more tightly. A value that the table lacks gains without a bound.
 */
export function betaLikenessModel({
  column,
  missing,
  beta,
  kind,
}: OfColumn & { readonly beta: number; readonly kind: 'basic' | 'enhanced' }): MeasuringModel {
  return sensitiveModel(
    {
      ...{ column, missing },
      name: `${kind} ${beta}-likeness of ${column}`,
      monotone: true,
      measured: {
        label: `Largest relative gain of a ${column} in the class`,
        format: 'number',
        bar: kind === 'basic' ? `at most ${beta}` : `at most ${beta}, and at most -ln(share in the table)`,
        threshold: beta,
        worst: 'highest',
      },
    },
    (sensitive) => gains(sensitive, beta, kind === 'enhanced'),
  );
}

/** (q - p) / p = (c N - P n) / (P n), in whole numbers but for the division. */
function gains({ counts: inTable, first, total }: SensitiveColumn, beta: number, enhanced: boolean): Rule {
  const bars = Float64Array.from(inTable, (count) => Math.min(beta, enhanced ? Math.log(total / count) : Infinity));
  const gainOf = (count: number, known: number, records: number) =>
    count === 0 ? 0 : (count * total - known * records) / (known * records);
  return {
    measure(counts, records) {
      let largest = 0;
      for (let code = first; code < counts.length; code++) {
        largest = Math.max(largest, gainOf(counts[code] ?? 0, inTable[code] ?? 0, records));
      }
      return largest;
    },
    holds(counts, records) {
      for (let code = first; code < counts.length; code++) {
        const gain = gainOf(counts[code] ?? 0, inTable[code] ?? 0, records);
        // Only what is more frequent than in the table gains.
        if (gain > 0 && gain > (bars[code] ?? 0)) return false;
      }
      return true;
    },
  };
}

/**
 * delta-disclosure privacy (Brickell & Shmatikov 2008, doi:10.1145/1401890.1401904): |ln(q / p)| < delta for every value that the class
 * has. The paper leaves the base of the logarithm open; ARX takes 2, so that its delta is this one divided by ln 2. As
 * values that a class lacks are not looked at, joining two classes can thin a value out: the model is not monotone.
 */
export function deltaDisclosureModel({
  column,
  missing,
  delta,
}: OfColumn & { readonly delta: number }): MeasuringModel {
  const rule = ({ counts: inTable, first, total }: SensitiveColumn): Rule => {
    const measure = (counts: Int32Array, records: number) => {
      let largest = 0;
      for (let code = first; code < counts.length; code++) {
        const count = counts[code] ?? 0;
        if (count === 0) continue;
        largest = Math.max(largest, Math.abs(Math.log((count * total) / ((inTable[code] ?? 0) * records))));
      }
      return largest;
    };
    return { measure, holds: (counts, records) => measure(counts, records) < delta };
  };
  return sensitiveModel(
    {
      ...{ column, missing },
      name: `${delta}-disclosure privacy of ${column}`,
      monotone: false,
      measured: {
        label: `Largest |ln(share in the class / share in the table)| of a ${column}`,
        format: 'number',
        bar: `below ${delta}`,
        threshold: delta,
        worst: 'highest',
      },
    },
    rule,
  );
}
