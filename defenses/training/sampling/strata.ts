import { AssayError } from '#base/errors';
import { row, rowsOf } from '#base/tensor';
import { countLabels } from '#data/sample-labels';
import type { ContinuousDomain, OneHotColumn, ScalarColumn, TableColumn } from '#target/domain';
import { labelRow, type Head, type Labels } from '#target/head';
import { chunkOf, type SampleSource } from '#target/sample-source';
import type { Recipe } from '../recipe.js';

export type Oversampling = Recipe['oversampling'];

/** What is sampled from: samples, and what their inputs and labels mean. */
export interface StrataFacts {
  readonly source: SampleSource;
  readonly head: Head;
  readonly domain: ContinuousDomain;
}

type Category = OneHotColumn | (ScalarColumn & { readonly kind: 'integer' | 'ordinal' });

/**
 * The stratum of each sample, numbered from 0 in the order of their appearance: its class, its values in categorical
 * columns and in the groups of the data, or each combination of them; null where nothing is oversampled. Of several labels
 * a sample has, the rarest is its class, and having none is one more; so is a group that is not known. Inputs are read
 * once, chunk by chunk, and only for columns.
 *
 * @throws AssayError `config` as {@link checkOversampling}
 */
export async function strataOf(oversampling: Oversampling, facts: StrataFacts): Promise<Int32Array | null> {
  const { source, head, domain } = facts;
  checkOversampling(oversampling, { head, domain, trainGroups: source.groups.map(({ name }) => name) });
  const known = categoriesOf(domain);
  const columns = oversampling.groups.flatMap((name) => known.find((column) => column.name === name) ?? []);
  const others = source.groups.filter(
    ({ name }) => oversampling.groups.includes(name) && !columns.some((column) => column.name === name),
  );
  const aspects = [
    ...(oversampling.classes ? [classesOf(source.labels, head)] : []),
    ...(await valuesOf(columns, source)),
    ...others.map(({ values }) => values),
  ];
  return aspects.length === 0 ? null : numbered(aspects, source.indices.length);
}

/**
 * @param trainGroups what the training data say of groups; undefined where that is not known yet, and any name may be one
 * @throws AssayError `config` for classes where the head has none, and for groups that neither is told of
 */
export function checkOversampling(
  { classes, groups }: Oversampling,
  { head, domain, trainGroups }: Pick<StrataFacts, 'head' | 'domain'> & { readonly trainGroups?: readonly string[] },
): void {
  if (classes && head.kind === 'regression') {
    throw new AssayError('config', {
      what: 'the head `regression` has no classes to oversample',
      mend: 'Set `oversampling.classes` to false.',
    });
  }
  if (trainGroups === undefined) return;
  const known = [...categoriesOf(domain).map(({ name }) => name), ...trainGroups];
  const unknown = groups.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new AssayError('config', {
    what: `\`oversampling.groups\` names ${JSON.stringify(unknown)}, which is neither a categorical column of \`target.domain\` nor a group of the training data`,
    mend:
      known.length === 0
        ? 'There are none: name in `data.train.groups` a table that says them.'
        : `These are: ${known.join(', ')}.`,
  });
}

function categoriesOf(domain: ContinuousDomain): readonly Category[] {
  return domain.kind === 'tabular' ? (domain.columns ?? []).filter(isCategory) : [];
}

function isCategory(column: TableColumn): column is Category {
  return column.kind !== 'numeric';
}

function classesOf(labels: Labels, head: Head): Float64Array {
  if (head.kind !== 'multi-label') return labels.values;
  const counts = countLabels(labels, head).map(({ count }) => count);
  const samples = labels.values.length / labels.width;
  return Float64Array.from({ length: samples }, (_, sample) => rarest(labelRow(labels, sample), counts));
}

/** The present label that the fewest samples have, the first of equal ones; -1 where none is present. */
function rarest(bits: Float64Array, counts: readonly number[]): number {
  let chosen = -1;
  for (const [label, bit] of bits.entries()) {
    if (bit === 1 && (counts[label] ?? 0) < (counts[chosen] ?? Infinity)) chosen = label;
  }
  return chosen;
}

/** Per column the category of each sample. */
async function valuesOf(columns: readonly Category[], source: SampleSource): Promise<Float64Array[]> {
  const { length } = source.indices;
  const values = columns.map(() => new Float64Array(length));
  const size = chunkOf(source.shape);
  for (let start = 0; start < length && columns.length > 0; start += size) {
    const { inputs } = await source.range(start, Math.min(start + size, length));
    for (const [i, column] of columns.entries()) {
      const into = values[i];
      for (let sample = 0; into !== undefined && sample < rowsOf(inputs); sample++) {
        into[start + sample] = categoryIn(row(inputs, sample), column);
      }
    }
  }
  return values;
}

/** The place of the category that is set, or how many steps a number is from the origin of its grid. */
function categoryIn(values: Float32Array, column: Category): number {
  if (column.kind === 'one-hot') {
    return column.positions.reduce((best, position, i) => {
      return (values[position] ?? NaN) > (values[column.positions[best] ?? -1] ?? NaN) ? i : best;
    }, 0);
  }
  const value = values[column.position] ?? NaN;
  return column.grid === null ? value : Math.round((value - column.grid.origin) / column.grid.step);
}

function numbered(aspects: readonly ArrayLike<number | string | null>[], samples: number): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from({ length: samples }, (_, sample) => {
    const key = JSON.stringify(aspects.map((values) => values[sample]));
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
}
