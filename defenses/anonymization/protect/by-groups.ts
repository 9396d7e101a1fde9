import { counted, grouped, percent } from '#base/format';
import type { EncodedColumn, Release } from '../contract.js';
import { guidedAnonymization } from '../guided/guided.js';
import { microaggregate } from '../microaggregation/microaggregate.js';
import { mondrian } from '../mondrian/mondrian.js';
import { suppressLocally } from '../perturbation/local-suppression.js';
import { groupRows } from '../group-rows.js';
import { rowsInOrder } from '../row-order.js';
import type { Made, Work } from './made.js';
import { suppressFailing } from './suppress-failing.js';

/** Classes by cutting the records in two, again and again. */
export function byMondrian({ table, models, hierarchies, request }: Work): Made {
  const bound = models.map((model) => model.bind(table));
  const release = mondrian({ table, models: bound, hierarchies }, request.options.mondrian);
  return release.classes > 0
    ? made(release)
    : refusal('The table as one class does not meet the models, so no cutting of it can.');
}

/** The means of groups of near records. */
export function byMeans(work: Work): Made {
  const { decimals } = work.request.options.microaggregation;
  return withinLimit(work, microaggregate(work.table, { k: classSizeOf(work), decimals }).release);
}

/** The leaves of a tree that learned what the model says. */
export function byModel(work: Work): Made {
  return withinLimit(work, guidedAnonymization(work.table, work.said ?? [], { k: classSizeOf(work) }).release);
}

/** Emptied cells; a missing value agrees with every value. */
export function byEmptiedCells(work: Work): Made {
  const { table, request } = work;
  const k = classSizeOf(work);
  const { columns, cells, emptiedRows, rounds } = suppressLocally(table, { ...request.options.localSuppression, k });
  const originals = table.columns.filter(({ role }) => role === 'quasi-identifier');
  const released = columns.map(({ column }, i) => releasedCells(originals[i] ?? column, column));
  const suppressed = Uint8Array.from(rowsInOrder(table.rows), (row) =>
    Number(columns.every(({ column }) => column.codes[row] === 0)),
  );
  const release: Release = {
    columns: released,
    suppressed,
    ...classesOf(
      columns.map(({ column }) => column),
      suppressed,
    ),
    method: {
      name: 'local suppression of single cells, a greedy heuristic',
      optimal: false,
      facts: { k, 'cells emptied': cells, 'records emptied whole': emptiedRows, rounds },
    },
  };
  return underLimit(work, release, emptiedRows);
}

/** Code 0 was missing before; what was emptied has a code of its own, which stands for everything. */
function releasedCells(
  original: EncodedColumn,
  { name, codes, dictionary }: EncodedColumn,
): Release['columns'][number] {
  const emptied = dictionary.length;
  return {
    name,
    codes: codes.map((code, row) => (code === 0 && original.codes[row] !== 0 ? emptied : code)),
    labels: [...dictionary, null],
    shares: Float64Array.from({ length: emptied + 1 }, (_, code) => Number(code === emptied)),
  };
}

function classesOf(columns: readonly EncodedColumn[], suppressed: Uint8Array): Pick<Release, 'classOf' | 'classes'> {
  const kept = rowsInOrder(suppressed.length).filter((row) => suppressed[row] === 0);
  const { group, count } = groupRows(
    columns.map(({ codes, dictionary }) => ({ codes, size: dictionary.length })),
    kept,
  );
  const classOf = new Int32Array(suppressed.length).fill(-1);
  for (const [i, row] of kept.entries()) classOf[row] = group[i] ?? -1;
  return { classOf, classes: count };
}

/** The largest k of the models, which there is: {@link refuseContradictions}. */
function classSizeOf({ request }: Work): number {
  return request.options.models.reduce(
    (most, model) => (model.model === 'k-anonymity' ? Math.max(most, model.k) : most),
    2,
  );
}

function withinLimit(work: Work, release: Release): Made {
  const bound = work.models.map((model) => model.bind(work.table));
  const kept = suppressFailing(work.table, release, bound);
  return underLimit(work, kept, suppressedIn(kept));
}

function underLimit({ table, request }: Work, release: Release, suppressed: number): Made {
  const { suppression } = request.options;
  if (suppressed < table.rows && suppressed / table.rows <= suppression) return made(release);
  return refusal(
    `${release.method.name} leaves ${counted(suppressed, 'record')} of ${grouped(table.rows)} (${percent(suppressed / table.rows)}) ` +
      `in classes that do not meet the models, and ${percent(suppression)} may be suppressed.`,
  );
}

function suppressedIn({ suppressed }: Release): number {
  return suppressed.reduce((sum, flag) => sum + flag, 0);
}

function made(release: Release): Made {
  return { release, refused: null, levels: null, details: [], population: null };
}

function refusal(refused: string): Made {
  return { release: null, refused, levels: null, details: [], population: null };
}
