import { AssayError } from '#base/errors';
import type { Column, Table } from '#data/table';
import { inferRoles } from '#data/roles/infer-roles';
import type { AnonymizingKit, Protection, ProtectionRequest, ReidentificationRisk } from '#plugin/anonymizing';
import type { Detail } from '#report/details';
import type { HierarchyFacts } from '#plugin/anonymizing';
import type { EncodedTable, Hierarchy, Release } from '../contract.js';
import { encodeTable, encodeWithPopulation } from '../encoding/encode.js';
import { quasiIdentifiersOf } from '../encoding/tuples.js';
import { describeHierarchy, flatHierarchy, hierarchyOf } from '../hierarchies/build.js';
import type { HierarchyOption } from '../hierarchies/options.js';
import { searchLattice } from '../lattice/search.js';
import { modelOf } from '../models/config.js';
import type { MeasuringModel } from '../models/measured-model.js';
import { mondrian } from '../mondrian/mondrian.js';
import { classSizesOfRelease, classSizesOfTable } from '../risk/class-sizes.js';
import { utilityOf, type ColumnLevel } from '../utility/utility.js';
import { columnFacts, undeclaredColumns, undeclaredSets } from './column-facts.js';
import { AnonymizeOptions, completeOptions, type CompleteOptions } from './options.js';
import { riskAgainstLoss } from './risk-and-cost.js';
import { releasedColumns, releasedTable } from './released-table.js';
import { journalistOf, risksOf } from './risks.js';
import { utilityRows } from './utility.js';

/** What `assay anonymize` goes through. */
export const anonymizing: AnonymizingKit<CompleteOptions> = {
  options: AnonymizeOptions,
  complete: completeOptions,
  protect,
};

async function protect(request: ProtectionRequest<CompleteOptions>): Promise<Protection> {
  const { table, options } = request;
  refuseDataDependence(options);
  const encoded = encodedOf(request);
  const { hierarchies, facts } = await hierarchiesOf(encoded.table, request);
  const models = options.models.map((model) => modelOf(model, hierarchies));
  requirePopulation(models, request);
  const made =
    options.algorithm === 'mondrian'
      ? byMondrian(encoded.table, models, hierarchies, options)
      : await byFullDomain(encoded, models, hierarchies, request);
  const { release } = made;
  const inferred = inferRoles(table);
  const population = made.population;
  return {
    policy: { models: models.map(({ name }) => name), suppression: options.suppression },
    columns: columnFacts(table, inferred, release),
    hierarchies: facts,
    method:
      release === null
        ? { name: 'none', optimal: false, facts: {} }
        : { ...release.method, facts: { ...release.method.facts } },
    risk: {
      before: risksOf(classSizesOfTable(encoded.table), journalistOf(table, request.population)),
      after: release === null ? null : riskAfter(table, release, population),
    },
    utility: release === null ? [] : utilityRows(utilityOf(encoded.table, release, made.levels)),
    undeclared: [...undeclaredColumns(table, inferred), ...undeclaredSets(encoded.table)],
    details: [...made.details],
    released: release === null ? null : releasedTable(table, release, models, population),
    refused: made.refused,
  };
}

/** @param population as exact as the release */
function riskAfter(table: Table, release: Release, population: Table | null): ReidentificationRisk {
  const released = { ...table, columns: releasedColumns(table, release) };
  return risksOf(classSizesOfRelease(release), journalistOf(released, population));
}

/** Both algorithms look at the data to choose what to generalize, which alone tells of it. */
function refuseDataDependence({ models, algorithm }: CompleteOptions): void {
  if (models.every(({ model }) => model !== 'differential-privacy')) return;
  throw new AssayError('config', {
    where: '`anonymize.models`',
    what: `differential privacy holds only where the generalization does not depend on the data, and ${algorithm} chooses it by the data`,
    mend: 'Name another model.',
  });
}

interface Made {
  readonly release: Release | null;
  readonly refused: string | null;
  /** Of whole columns; null where the algorithm has none. */
  readonly levels: readonly ColumnLevel[] | null;
  readonly details: readonly Detail[];
  /** Generalized as the release is; null where there is none, or where an algorithm cannot. */
  readonly population: Table | null;
}

interface Encoded {
  readonly table: EncodedTable;
  readonly population: EncodedTable | null;
}

function encodedOf({ table, population }: ProtectionRequest<CompleteOptions>): Encoded {
  return population === null
    ? { table: encodeTable(table), population: null }
    : encodeWithPopulation(table, population);
}

async function byFullDomain(
  { table, population }: Encoded,
  models: readonly MeasuringModel[],
  hierarchies: readonly Hierarchy[],
  request: ProtectionRequest<CompleteOptions>,
): Promise<Made> {
  const { options, population: people, signal } = request;
  const complete = quasiIdentifiersOf(table).map(
    (column) => hierarchies.find((hierarchy) => hierarchy.column === column.name) ?? flatHierarchy(column),
  );
  const { fullDomain, suppression } = options;
  const { release, refused, levels, frontier } = await searchLattice({
    ...{ table, population, models, suppression, signal, ...fullDomain },
    hierarchies: complete,
    progress: (done, total) => {
      request.progress('Searching generalizations', done, total);
    },
  });
  return {
    ...{ release, refused },
    // By another metric the table of least loss is not the one that was made.
    details:
      fullDomain.metric === 'loss'
        ? riskAgainstLoss(
            frontier,
            complete.map(({ column }) => column),
          )
        : [],
    levels: complete.map(({ column, levels: all }, i) => ({ column, level: levels[i] ?? 0, height: all.length - 1 })),
    population:
      people === null || release === null
        ? null
        : { ...people, columns: generalizedColumns(population, complete, levels) },
  };
}

function byMondrian(
  table: EncodedTable,
  models: readonly MeasuringModel[],
  hierarchies: readonly Hierarchy[],
  options: CompleteOptions,
): Made {
  const release = mondrian({ table, models: models.map((model) => model.bind(table)), hierarchies }, options.mondrian);
  const isEmpty = release.classes === 0;
  return {
    release: isEmpty ? null : release,
    levels: null,
    details: [],
    refused: isEmpty ? 'The table as one class does not meet the models, so no cutting of it can.' : null,
    population: null,
  };
}

/** The quasi-identifiers of a population, each at its level. */
function generalizedColumns(
  population: EncodedTable | null,
  hierarchies: readonly Hierarchy[],
  levels: readonly number[],
): Column[] {
  return (population?.columns ?? []).map(({ name, role, codes }, i) => {
    const level = hierarchies[i]?.levels[levels[i] ?? 0];
    const values = Array.from(codes, (code) => level?.labels[level.groupOf[code] ?? 0] ?? null);
    return { name, role, type: 'text', values };
  });
}

function requirePopulation(
  models: readonly MeasuringModel[],
  { population }: ProtectionRequest<CompleteOptions>,
): void {
  const needing = models.find(({ needsPopulation }) => needsPopulation);
  if (needing === undefined || population !== null) return;
  throw new AssayError('config', {
    what: `${needing.name} compares the table with the people it was drawn from, and no population is named`,
    mend: 'Set `data.population`.',
  });
}

async function hierarchiesOf(
  table: EncodedTable,
  { options, readFile }: ProtectionRequest<CompleteOptions>,
): Promise<{ readonly hierarchies: readonly Hierarchy[]; readonly facts: HierarchyFacts[] }> {
  const hierarchies: Hierarchy[] = [];
  const facts: HierarchyFacts[] = [];
  for (const [name, option] of Object.entries(options.hierarchies)) {
    const column = table.columns.find((each) => each.name === name);
    if (column === undefined) {
      throw new AssayError('config', {
        where: '`anonymize.hierarchies`',
        what: `there is no column ${JSON.stringify(name)}`,
        mend: `The columns are ${table.columns.map((each) => JSON.stringify(each.name)).join(', ')}.`,
      });
    }
    let sha256: string | null = null;
    const hierarchy = await hierarchyOf(option, column, async (path) => {
      const file = await readFile(path);
      sha256 = file.sha256;
      return file;
    });
    hierarchies.push(hierarchy);
    const levels = hierarchy.levels.length;
    facts.push({ column: name, source: sourceOf(option), sha256, levels, leaves: hierarchy.leaves });
  }
  return { hierarchies, facts };
}

function sourceOf(option: HierarchyOption): string {
  return typeof option === 'string' ? (option.split(/[\\/]/).at(-1) ?? option) : describeHierarchy(option);
}
