import { entropyOf, type EntropyEstimator } from './entropy.js';
import type { MeasuringModel } from './measured-model.js';
import { sensitiveModel, type MissingSensitive, type Rule, type SensitiveColumn } from './sensitive-column.js';

/** Rounding of sums of n ln n, with room: an entropy this little below ln l still counts as ln l. */
const ENTROPY_ROUNDING = 1e-12;

interface OfColumn {
  readonly column: string;
  readonly missing: MissingSensitive;
}

/** Every class has at least l different values (Machanavajjhala et al. 2007, doi:10.1145/1217299.1217302). */
export function distinctDiversity({ column, missing, l }: OfColumn & { readonly l: number }): MeasuringModel {
  const rule = ({ first }: SensitiveColumn): Rule => ({
    measure: (counts) => distinctIn(counts, first),
    holds: (counts) => distinctIn(counts, first) >= l,
  });
  return sensitiveModel(
    {
      ...{ column, missing },
      name: `distinct ${l}-diversity of ${column}`,
      monotone: true,
      absorbs: true,
      measured: {
        label: `Different values of ${column} in the class`,
        format: 'count',
        bar: `at least ${l}`,
        threshold: l,
        worst: 'lowest',
      },
    },
    rule,
  );
}

/**
 * exp(entropy of the class) is at least l (definition 4.1 of the paper above): as good as l values that are equally frequent.
 *
 * Shannon's entropy is concave, so joining classes never lowers the least of them. Grassberger's estimate is not monotone: two records
 * of two values have 1.96 nats, four records of the same two values have 0.66. It calls a class of one record diverse
 * (1.27 nats), so that l different values are asked for besides, as ARX does.
 */
export function entropyDiversity({
  column,
  missing,
  l,
  estimator,
}: OfColumn & { readonly l: number; readonly estimator: EntropyEstimator }): MeasuringModel {
  const rule = ({ first, total }: SensitiveColumn): Rule => {
    const entropy = entropyOf(estimator, first, total);
    const least = Math.log(l) - ENTROPY_ROUNDING;
    return {
      measure: (counts, records) => Math.exp(entropy(counts, records)),
      holds: (counts, records) =>
        entropy(counts, records) >= least && (estimator === 'shannon' || distinctIn(counts, first) >= l),
    };
  };
  const by = estimator === 'shannon' ? '' : ", by Grassberger's estimator";
  return sensitiveModel(
    {
      ...{ column, missing },
      name: `entropy ${l}-diversity of ${column}${by}`,
      monotone: estimator === 'shannon',
      measured: {
        label: `exp(entropy of ${column}) in the class`,
        format: 'number',
        bar: `at least ${l}`,
        threshold: l,
        worst: 'lowest',
      },
    },
    rule,
  );
}

/**
 * Recursive (c,l)-diversity (definition 4.2): with the counts of a class sorted from the largest on, r1 < c (r_l + ... + r_m). The most
 * frequent value does not stand out even to one who rules out l - 2 others.
 */
export function recursiveDiversity({
  column,
  missing,
  c,
  l,
}: OfColumn & { readonly c: number; readonly l: number }): MeasuringModel {
  const rule = ({ first }: SensitiveColumn): Rule => {
    const ratio = ratioToTail(l, first);
    return { measure: ratio, holds: (counts, records) => ratio(counts, records) < c };
  };
  return sensitiveModel(
    {
      ...{ column, missing },
      name: `recursive (${c}, ${l})-diversity of ${column}`,
      monotone: true,
      measured: {
        label: `Records of the most frequent value of ${column} to those from the ${l}th on`,
        format: 'number',
        bar: `below ${c}`,
        threshold: c,
        worst: 'highest',
      },
    },
    rule,
  );
}

function distinctIn(counts: Int32Array, first: number): number {
  let distinct = 0;
  for (let code = first; code < counts.length; code++) if ((counts[code] ?? 0) > 0) distinct += 1;
  return distinct;
}

/** r1 / (r_l + ... + r_m); Infinity where fewer than l values occur. The l - 1 largest counts are kept sorted in place. */
function ratioToTail(l: number, first: number): (counts: Int32Array, records: number) => number {
  const largest = new Int32Array(l - 1);
  return (counts, records) => {
    for (let place = 0; place < largest.length; place++) largest[place] = 0;
    // What has fallen out of the largest ones, or never was among them.
    let tail = records;
    for (let code = first; code < counts.length; code++) {
      const count = counts[code] ?? 0;
      if (count > (largest[largest.length - 1] ?? 0)) tail -= insert(largest, count);
    }
    return tail === 0 ? Infinity : (largest[0] ?? 0) / tail;
  };
}

/** Puts a count into its place among the largest ones, descending, and says by how much their sum grew: the smallest falls out. */
function insert(largest: Int32Array, count: number): number {
  let place = largest.length - 1;
  const fallen = largest[place] ?? 0;
  while (place > 0 && (largest[place - 1] ?? 0) < count) {
    largest[place] = largest[place - 1] ?? 0;
    place -= 1;
  }
  largest[place] = count;
  return count - fallen;
}
