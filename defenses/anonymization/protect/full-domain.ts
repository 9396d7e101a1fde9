import { AssayError } from '#base/errors';
import type { TableSource } from '#data/table';
import type { Detail } from '#report/details';
import type { EncodedTable, Hierarchy } from '../contract.js';
import { quasiIdentifiersOf } from '../encoding/tuples.js';
import { flatHierarchy } from '../hierarchies/build.js';
import { searchLattice, type SearchResult } from '../lattice/search.js';
import type { Made, Work } from './made.js';
import { sourceOfRows } from './row-source.js';
import { pointAccuracy } from './point-accuracy.js';
import { riskAgainstLoss } from './risk-and-cost.js';

/** The best level of each column. */
export async function byFullDomain(work: Work): Promise<Made> {
  const hierarchies = completeHierarchies(work);
  const { metric } = work.request.options.fullDomain;
  const found = await search(work, hierarchies);
  // By another metric the table of least loss is not the one that was made.
  const names = hierarchies.map(({ column }) => column);
  return madeOf(work, hierarchies, found, metric === 'loss' ? riskAgainstLoss(found, names, pointAccuracy(work)) : []);
}

/** The levels that the config names. @throws AssayError `config` for a column or a level that is not there */
export async function atFixedLevels(work: Work): Promise<Made> {
  const hierarchies = completeHierarchies(work);
  const levels = levelsOf(hierarchies, work.request.options.levels);
  return madeOf(work, hierarchies, await search(work, hierarchies, levels), []);
}

function search(
  { table, population, models, request }: Work,
  hierarchies: readonly Hierarchy[],
  at?: readonly number[],
): Promise<SearchResult> {
  const { fullDomain, suppression } = request.options;
  return searchLattice({
    ...{ table, population, models, suppression, hierarchies, signal: request.signal, ...fullDomain },
    ...(at === undefined ? {} : { at }),
    progress: (done, total) => {
      request.progress('Searching generalizations', done, total);
    },
  });
}

function completeHierarchies({ table, hierarchies }: Work): readonly Hierarchy[] {
  return quasiIdentifiersOf(table).map(
    (column) => hierarchies.find((hierarchy) => hierarchy.column === column.name) ?? flatHierarchy(column),
  );
}

function levelsOf(hierarchies: readonly Hierarchy[], named: Readonly<Record<string, number>>): number[] {
  const columns = hierarchies.map(({ column }) => column);
  const stranger = Object.keys(named).find((name) => !columns.includes(name));
  if (stranger !== undefined) {
    throw new AssayError('config', {
      where: '`anonymize.levels`',
      what: `${JSON.stringify(stranger)} is no quasi-identifier`,
      mend: `Those are ${columns.map((name) => JSON.stringify(name)).join(', ')}.`,
    });
  }
  return hierarchies.map(({ column, levels }) => {
    const level = named[column] ?? 0;
    if (level < levels.length) return level;
    throw new AssayError('config', {
      where: `\`anonymize.levels.${column}\``,
      what: `there is no level ${level}`,
      mend: `The highest level of its hierarchy is ${levels.length - 1}.`,
    });
  });
}

function madeOf(
  { request, population }: Work,
  hierarchies: readonly Hierarchy[],
  { release, refused, levels }: Pick<SearchResult, 'release' | 'refused' | 'levels'>,
  details: readonly Detail[],
): Made {
  return {
    ...{ release, refused, details },
    levels: hierarchies.map(({ column, levels: all }, i) => ({
      column,
      level: levels[i] ?? 0,
      height: all.length - 1,
    })),
    population: release === null ? null : generalized(request.population, population, hierarchies, levels),
  };
}

/** The quasi-identifiers of a population, each at its level. */
function generalized(
  people: TableSource | null,
  population: EncodedTable | null,
  hierarchies: readonly Hierarchy[],
  levels: readonly number[],
): TableSource | null {
  if (people === null || population === null) return null;
  const columns = population.columns.map(({ name, role, codes }, i) => {
    const { groupOf, labels } = hierarchies[i]?.levels[levels[i] ?? 0] ?? { groupOf: new Int32Array(0), labels: [] };
    return { name, role, type: 'text', codes: codes.map((code) => groupOf[code] ?? 0), labels } as const;
  });
  return sourceOfRows({ name: people.name, columns, weights: population.weights });
}
