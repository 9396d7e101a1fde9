import { AssayError } from '#base/errors';
import { counted, grouped, percent } from '#base/format';
import type { BoundModel, EncodedColumn, EncodedTable, Hierarchy, PrivacyModel, Release } from '../contract.js';
import { distinctTuples, quasiIdentifiersOf } from '../encoding/tuples.js';
import { occurrencesOf, recordsIn, recordsOf } from '../encoding/weights.js';
import { ClassJudge } from './class-judge.js';
import { RollUp } from './classes.js';
import { searchExactly } from './exact-search.js';
import { Explorer, type Limits, type Visit } from './explorer.js';
import type { Frontier } from './frontier.js';
import { searchGreedily } from './heuristic-search.js';
import { lossMetric, metricOf, type Metric, type MetricId } from './metrics.js';
import { releaseOf } from './release.js';
import { Snapshots } from './snapshots.js';
import { Space } from './space.js';

/** With more quasi-identifiers, or more generalizations, nothing is proved. */
const MOST_COLUMNS = 15;
const MOST_NODES = 1_000_000;
const HEURISTIC_STEPS = 2_000;
/** Of classes that are kept on the way, in bytes of the encoded quasi-identifiers. */
const KEPT_SHARE = 2;
const LEAST_KEPT_BYTES = 2 ** 22;

export interface SearchRequest extends Limits {
  readonly table: EncodedTable;
  /** One of each quasi-identifier, in any order, of the table's dictionaries. */
  readonly hierarchies: readonly Hierarchy[];
  readonly models: readonly PrivacyModel[];
  /** The share of records that may be suppressed, in [0, 1]. */
  readonly suppression: number;
  readonly metric: MetricId;
  /** As `encodeWithPopulation` gives it; null where no model needs one. */
  readonly population?: EncodedTable | null;
  /** By quasi-identifier: this one generalization alone is looked at. */
  readonly at?: readonly number[];
}

export interface SearchResult {
  /** Null where no generalization meets the models within the limit of suppression. */
  readonly release: Release | null;
  /** Why there is none, in one sentence; null where there is one. */
  readonly refused: string | null;
  /** By quasi-identifier, of the release. */
  readonly levels: readonly number[];
  /** What the metric says of it. */
  readonly value: number;
  readonly frontier: Frontier;
  /** What any generalization leaves, one level a quasi-identifier; its method is that of given levels. */
  releaseAt(levels: Uint8Array): Release;
}

/**
 * Finds the generalization of whole columns (full-domain: all values of a column at one level of its hierarchy) that meets all models
 * and costs least by the metric, with classes that fail suppressed as a whole: at most `suppression` of the records. Of
 * equally good ones it is that with fewer suppressed records, then with lower levels in total, then with lower levels of the first
 * columns. Up to 15 quasi-identifiers and a million generalizations it is proved to be the best; with more, or where a limit
 * ends the search, the method says that it is not.
 *
 * @throws AssayError `config` where there is no quasi-identifier, no model, or a column without a hierarchy; `interrupted` by the signal
 */
export async function searchLattice(request: SearchRequest): Promise<SearchResult> {
  const { table } = request;
  const columns = quasiIdentifiersOf(table);
  const hierarchies = hierarchiesOf(columns, request);
  const models = request.models.map((model) => model.bind(table));
  const positions = [...new Set(models.flatMap(({ sensitive }) => sensitive))];
  const sensitive = positions.flatMap((position) => table.columns[position] ?? []);
  const tuples = distinctTuples(table, { population: populationOf(request, columns), sensitive });

  const records = recordsOf(table);
  const allowed = allowedOf(request.suppression, records);
  const input = { records, allowed, columns, hierarchies };
  const loss = lossMetric(input);
  const metric = request.metric === 'loss' ? loss : metricOf(request.metric, input);
  const values = sensitive.map(({ dictionary }) => dictionary.length);
  const judge = new ClassJudge(models, positions, values, tuples.codes, loss.costs ?? [], metric.costs);

  const rollUp = new RollUp(tuples, hierarchies);
  const base = rollUp.base();
  const keptBytes = Math.max(LEAST_KEPT_BYTES, KEPT_SHARE * 4 * table.rows * columns.length);
  const snapshots = new Snapshots(rollUp, base, keptBytes, columns.map(entropyOf));
  const space = new Space(hierarchies.map(({ levels }) => levels.length));
  const rules = { allowed, metric, loss, ...taggingOf(models, allowed) };

  const exact = columns.length <= MOST_COLUMNS && space.size <= MOST_NODES;
  const how = request.at !== undefined ? 'given' : exact ? 'exact' : 'heuristic';
  const steps = request.steps ?? (how === 'heuristic' ? HEURISTIC_STEPS : Infinity);
  const explorer = new Explorer(snapshots, judge, rules, { ...request, steps }, columns.length);
  const stopped = await look(how, space, explorer, request.at);

  const parts = { columns, hierarchies, tuples, rollUp, base, judge };
  const releaseAt = (levels: Uint8Array) => releaseOf(levels, parts, { name: NAMES.given, optimal: false, facts: {} });
  const { best } = explorer;
  const frontier = explorer.frontier.result();
  if (best === null) {
    const refused = refusal(explorer, how, stopped, records);
    return { release: null, refused, levels: [], value: NaN, frontier, releaseAt };
  }
  const method = {
    name: NAMES[how],
    optimal: how !== 'given' && stopped === null,
    facts: factsOf(best, metric, { columns, space, explorer, stopped }),
  };
  const release = releaseOf(best.levels, parts, method);
  return { release, refused: null, levels: [...best.levels], value: metric.value(best.score), frontier, releaseAt };
}

type How = 'given' | 'exact' | 'heuristic';

const NAMES: Readonly<Record<How, string>> = {
  given: 'full-domain generalization at given levels',
  exact: 'optimal full-domain generalization',
  heuristic: 'heuristic full-domain generalization, best first from the top',
};

/** @returns why it ended before it was done; null where it was done */
async function look(
  how: How,
  space: Space,
  explorer: Explorer,
  at: readonly number[] | undefined,
): Promise<string | null> {
  if (how === 'exact') return searchExactly(space, explorer);
  if (how === 'heuristic') return searchGreedily(space, explorer, explorer.limits.steps ?? Infinity);
  explorer.visit(Uint8Array.from(at ?? []));
  return null;
}

function hierarchiesOf(
  columns: readonly EncodedColumn[],
  { hierarchies, models }: SearchRequest,
): readonly Hierarchy[] {
  if (columns.length === 0) {
    throw new AssayError('config', {
      what: 'no column of the table is a quasi-identifier, so there is nothing to generalize',
      mend: 'Give the columns that others know the role `quasi-identifier`.',
    });
  }
  if (models.length === 0) {
    throw new AssayError('config', {
      what: 'no privacy model is named, so nothing has to be generalized',
      mend: 'Name one, as in { "model": "k-anonymity", "k": 5 }.',
    });
  }
  return columns.map(({ name, dictionary }) => {
    const hierarchy = hierarchies.find(({ column }) => column === name);
    if (hierarchy === undefined) {
      throw new AssayError('config', {
        where: name,
        what: 'this quasi-identifier has no hierarchy, and full-domain generalization needs one of each',
        mend: 'Name a file, or how it is built.',
      });
    }
    if (hierarchy.levels[0]?.groupOf.length !== dictionary.length) {
      throw new RangeError(`the hierarchy of ${name} was made for another dictionary`);
    }
    return hierarchy;
  });
}

function populationOf(
  { models, population }: SearchRequest,
  columns: readonly EncodedColumn[],
): EncodedTable | undefined {
  const needing = models.find(({ needsPopulation }) => needsPopulation);
  if (needing === undefined) return undefined;
  if (population === undefined || population === null) {
    throw new AssayError('config', {
      what: `${needing.name} compares the table with a population, and none is named`,
      mend: 'Name a table of the population, with the same quasi-identifiers.',
    });
  }
  const shared = columns.every(({ dictionary }, i) => population.columns[i]?.dictionary === dictionary);
  if (!shared) throw new RangeError('the population was encoded with other dictionaries');
  return population;
}

/** The largest number of records whose share is not above the limit, as a division has it. */
function allowedOf(suppression: number, records: number): number {
  let allowed = Math.min(records, Math.floor(suppression * records));
  while (allowed < records && (allowed + 1) / records <= suppression) allowed += 1;
  return allowed;
}

/** Of the values of a column, in nats. */
function entropyOf(column: EncodedColumn): number {
  const records = recordsIn(column);
  return occurrencesOf(column).reduce(
    (sum, count) => (count === 0 ? sum : sum - (count / records) * Math.log(count / records)),
    0,
  );
}

function taggingOf(models: readonly BoundModel[], allowed: number) {
  const monotone = models.every(({ model }) => model.monotone);
  return { monotone, tagging: (monotone && allowed === 0) || models.some(({ model }) => model.absorbs === true) };
}

function factsOf(
  best: Visit,
  metric: Metric,
  search: {
    readonly columns: readonly EncodedColumn[];
    readonly space: Space;
    readonly explorer: Explorer;
    readonly stopped: string | null;
  },
): Readonly<Record<string, string | number>> {
  const { columns, space, explorer, stopped } = search;
  return {
    levels: columns.map(({ name }, i) => `${name} ${best.levels[i] ?? 0}`).join(', '),
    'suppressed records': best.suppressed,
    metric: metric.id,
    'value of the metric': metric.value(best.score),
    generalizations: space.size,
    'generalizations counted': explorer.steps,
    ...(stopped === null ? {} : { 'search ended': stopped }),
  };
}

function refusal({ nearest, rules }: Explorer, how: How, stopped: string | null, records: number): string {
  const least = nearest?.suppressed ?? records;
  if (how === 'given') {
    return (
      `At the given levels ${counted(least, 'record')} of ${grouped(records)} (${percent(least / Math.max(1, records))}) are in classes that ` +
      `do not meet the privacy models, and ${grouped(rules.allowed)} may be suppressed.`
    );
  }
  const tried =
    stopped === null
      ? 'No generalization meets'
      : `No generalization that was looked at (the search ended ${stopped}) meets`;
  return (
    `${tried} the privacy models: at best ${counted(least, 'record')} of ${grouped(records)} ` +
    `(${percent(least / Math.max(1, records))}) would have to be suppressed, and ${grouped(rules.allowed)} may be. ` +
    'Allow more suppression, ask for less, or give the hierarchies a level `*`.'
  );
}
