import { AssayError } from '#base/errors';
import type { TableSource } from '#data/table';
import type { RunContext } from '#plugin/plugin';
import { walkClasses, type WalkedClass } from './class-walk.js';
import type { EncodedTable } from './contract.js';
import { countPopulation, countRows } from './encoding/observe.js';
import { occurrencesOf, recordsOf } from './encoding/weights.js';
import { MISSING } from './group-rows.js';
import type { MissingConvention } from './match-counts.js';
import type { Measured, MeasuringModel } from './models/measured-model.js';
import { binsOf, type MeasureBin } from './measure-bins.js';

/** What models find in the classes of a table. Values are shown for at most ten classes of each model, the worst. */
export interface ClassAuditEvidence {
  readonly missing: MissingConvention;
  readonly quasiIdentifiers: readonly string[];
  /** Columns that are declared identifiers, and so are taken to be removed before the table is released. */
  readonly identifiers: readonly string[];
  readonly records: number;
  /** Of `records`: those whose quasi-identifiers are all missing. They are in no class. */
  readonly suppressed: number;
  readonly combinations: number;
  /** Records in a class in which at least one of the models does not hold. */
  readonly recordsAtRisk: number;
  readonly population: PopulationEvidence | null;
  readonly models: readonly ModelEvidence[];
}

export interface PopulationEvidence {
  /** Quasi-identifiers that the population has no column for; where there are any, no class was looked at. */
  readonly lacking: readonly string[];
  /** With a quasi-identifier. */
  readonly people: number;
  /** Of them: those with whom no record of the table agrees, and who are known not to be in it. */
  readonly absent: number;
  /** Records of the table with whom nobody of the population agrees. */
  readonly strangers: number;
  /** Whether people who are known to be absent are a finding. */
  readonly absentCount: boolean;
}

/** Measures are null where nothing bounds them. */
export interface ModelEvidence {
  readonly name: string;
  /** The sensitive column; null of a model that looks at none. */
  readonly column: string | null;
  readonly measured: Measured;
  /** Records with a value in the sensitive column; all of them where there is none. */
  readonly known: number;
  readonly worst: number | null;
  /** Over records. */
  readonly average: number | null;
  /** Whether the model would hold if all records were one class; null where that says nothing of smaller ones. */
  readonly reachable: boolean | null;
  readonly recordsAtRisk: number;
  readonly classesAtRisk: number;
  readonly bins: readonly MeasureBin[];
  /** Records in classes without a bound; they are in no bin. */
  readonly unbounded: number;
  readonly examples: readonly WorstClass[];
}

export interface WorstClass {
  /** The first record of the class: 1 is the one behind the header. */
  readonly record: number;
  /** In the order of the quasi-identifiers. */
  readonly values: readonly (string | null)[];
  readonly size: number;
  readonly measure: number | null;
}

const MAX_EXAMPLES = 10;

export interface ClassAudit {
  readonly models: readonly MeasuringModel[];
  readonly missing: MissingConvention;
  /** Whether people who are known to be absent are a finding. */
  readonly absentCount?: boolean;
}

/** The table of a context. @throws AssayError `plugin` where it has none */
export function tableOf({ table }: Pick<RunContext<unknown>, 'table'>, where: string): TableSource {
  if (table !== null) return table;
  throw new AssayError('plugin', { where, what: 'needs a table', mend: 'Set `data.table`.' });
}

/** The population of a context. @throws AssayError `plugin` where it has none */
export function populationOf({ population }: Pick<RunContext<unknown>, 'population'>, where: string): TableSource {
  if (population !== null) return population;
  throw new AssayError('plugin', { where, what: 'needs a population', mend: 'Set `data.population`.' });
}

/** Names of the columns that are looked at: those that are asked for, or all sensitive ones. */
export function sensitiveColumns(
  table: Pick<TableSource, 'columns'>,
  asked: readonly string[],
  where: string,
): readonly string[] {
  const stranger = asked.find((name) => !table.columns.some((column) => column.name === name));
  if (stranger !== undefined) {
    throw new AssayError('config', {
      where,
      what: `\`columns\` names \`${stranger}\`, which the table does not have`,
      mend: `Its columns are ${table.columns.map(({ name }) => name).join(', ')}.`,
    });
  }
  return asked.length > 0 ? asked : table.columns.filter(({ role }) => role === 'sensitive').map(({ name }) => name);
}

/**
 * Holds every class of a table against models, with the values of the `keep` worst ones. Reads the quasi-identifiers and the columns that
 * the models look at, and holds their different combinations, by either convention for missing values.
 */
export async function auditClasses(
  table: TableSource,
  population: TableSource | null,
  { models, missing, absentCount = false }: ClassAudit,
  keep: number,
): Promise<ClassAuditEvidence> {
  const named = (role: string) => table.columns.filter((column) => column.role === role).map(({ name }) => name);
  const quasiIdentifiers = named('quasi-identifier');
  const facts = { missing, quasiIdentifiers, identifiers: named('identifier'), records: table.rows };
  const lacking = quasiIdentifiers.filter((name) => population?.columns.every((column) => column.name !== name));
  if (quasiIdentifiers.length === 0 || models.length === 0 || lacking.length > 0) {
    const people = { lacking, people: population?.rows ?? 0, absent: 0, strangers: 0, absentCount };
    const nothing = { suppressed: 0, combinations: 0, recordsAtRisk: 0, models: [] };
    return { ...facts, ...nothing, population: population === null ? null : people };
  }
  const counted = await countRows(table, [...quasiIdentifiers, ...models.flatMap(({ sensitive }) => sensitive)]);
  const people = population === null ? null : await countPopulation(population, counted);
  const tallies = models.map((model) => new Tally(model, counted));
  let recordsAtRisk = 0;
  let strangers = 0;
  const sensitive = tallies.flatMap(({ bound }) => bound.sensitive);
  const walked = walkClasses({ table: counted, population: people, missing, sensitive }, (members) => {
    let holds = true;
    let next = 0;
    for (const tally of tallies) {
      const { length } = tally.bound.sensitive;
      holds = tally.add(members, members.counts.slice(next, next + length)) && holds;
      next += length;
    }
    if (!holds) recordsAtRisk += members.records;
    if (members.population === 0) strangers += members.records;
  });
  const { suppressed, combinations, absent } = walked;
  return {
    ...facts,
    ...{ suppressed, combinations, recordsAtRisk },
    population: population === null ? null : { lacking, people: walked.people, absent, strangers, absentCount },
    models: tallies.map((tally) => tally.evidence(Math.min(keep, MAX_EXAMPLES))),
  };
}

interface Measurement {
  readonly row: number;
  readonly size: number;
  readonly measure: number;
}

/** What one model finds, class by class. */
class Tally {
  readonly bound;
  private recordsAtRisk = 0;
  private classesAtRisk = 0;
  private sum = 0;
  private records = 0;
  private readonly recordsBy = new Map<number, number>();
  private readonly worst: Measurement[] = [];

  constructor(
    private readonly model: MeasuringModel,
    private readonly table: EncodedTable,
  ) {
    this.bound = model.bind(table);
  }

  /** Whether the model holds. */
  add({ row, records, size, population }: WalkedClass, counts: readonly Int32Array[]): boolean {
    const members = { size, population, counts };
    const measure = this.bound.measure(members);
    const holds = this.bound.holds(members);
    if (!holds) {
      this.recordsAtRisk += records;
      this.classesAtRisk += 1;
    }
    this.sum += measure * records;
    this.records += records;
    this.recordsBy.set(measure, (this.recordsBy.get(measure) ?? 0) + records);
    this.remember({ row, size, measure });
    return holds;
  }

  /** Keeps the worst ones, in order; of equal ones the first. */
  private remember(seen: Measurement): void {
    const isWorse = this.model.measured.worst === 'lowest' ? lower : higher;
    let place = this.worst.length;
    while (place > 0 && isWorse(seen.measure, this.worst[place - 1]?.measure ?? 0)) place -= 1;
    if (place >= MAX_EXAMPLES) return;
    this.worst.splice(place, 0, seen);
    this.worst.length = Math.min(this.worst.length, MAX_EXAMPLES);
  }

  evidence(examples: number): ModelEvidence {
    const { name, measured, monotone } = this.model;
    const { table } = this;
    const quasi = table.columns.filter(({ role }) => role === 'quasi-identifier');
    const [position] = this.bound.sensitive;
    const sensitive = position === undefined ? undefined : table.columns[position];
    const counts = sensitive === undefined ? null : occurrencesOf(sensitive);
    const records = recordsOf(table);
    return {
      name,
      column: sensitive?.name ?? null,
      measured,
      known: records - (counts?.[MISSING] ?? 0),
      worst: finite(this.worst[0]?.measure ?? 0),
      average: this.records === 0 ? 0 : finite(this.sum / this.records),
      // If all records were one class.
      reachable:
        monotone && counts !== null ? this.bound.holds({ size: records, population: 0, counts: [counts] }) : null,
      recordsAtRisk: this.recordsAtRisk,
      classesAtRisk: this.classesAtRisk,
      bins: binsOf(this.recordsBy, measured.format),
      unbounded: this.recordsBy.get(Infinity) ?? 0,
      examples: this.worst.slice(0, examples).map(({ row, size, measure }) => ({
        record: (table.firstOf?.[row] ?? row) + 1,
        values: quasi.map(({ codes, dictionary }) => dictionary[codes[row] ?? MISSING] ?? null),
        size,
        measure: finite(measure),
      })),
    };
  }
}

const lower = (a: number, b: number) => a < b;
const higher = (a: number, b: number) => a > b;

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
