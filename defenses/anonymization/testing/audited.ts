import type { JsonObject } from '#base/json';
import { heldSource } from '#data/stored-table';
import type { ColumnRole, RowTable } from '#data/table';
import { completeOptions } from '#plugin/options';
import type { Plugin, RunContext, Verdict } from '#plugin/plugin';
import { randomStreams } from '#stats/random';
import { noSamples } from '#target/sample-source';
import type { ClassAuditEvidence } from '../class-audit.js';
import { anonymization } from '../index.js';

export type Row = readonly (string | null)[];

export const ROLES: readonly ColumnRole[] = ['quasi-identifier', 'quasi-identifier', 'sensitive'];
export const audits = anonymization
  .map(({ plugin }): Plugin => plugin as unknown as Plugin)
  .filter(({ id }) => id !== 'anonymization/k-anonymity');

export function tableOf(
  rows: readonly Row[],
  roles = ROLES,
  names: readonly string[] = ['age', 'sex', 'diagnosis'],
): RowTable {
  return {
    name: 'people.csv',
    rows: rows.length,
    columns: roles.map((role, i) => ({
      name: names[i] ?? String(i),
      role,
      type: 'text' as const,
      values: rows.map((row) => row[i] ?? null),
    })),
  };
}

export function pluginOf(name: string): Plugin {
  const plugin = audits.find(({ id }) => id === `anonymization/${name}`);
  if (plugin === undefined) throw new Error(name);
  return plugin;
}

export function context(
  plugin: Plugin,
  options: JsonObject,
  table: RowTable | null,
  population: RowTable | null,
): RunContext<JsonObject> {
  return {
    options: completeOptions(plugin, options) as JsonObject,
    target: null,
    test: noSamples([]),
    train: null,
    table: table && heldSource(table),
    population: population && heldSource(population),
    readFile: () => Promise.reject(new Error('no file is named')),
    random: randomStreams(0),
    keep: 64,
    step: (_, compute) => compute(),
    bookmark: () => ({ recall: () => Promise.resolve(null), keep: () => Promise.resolve() }),
    progress: () => undefined,
  };
}

/** Evidence as it is read again, and what is made of it. */
export async function audited(
  name: string,
  options: JsonObject,
  rows: readonly Row[] | RowTable,
  people: readonly Row[] | null = null,
  atMost = 0,
): Promise<{ data: ClassAuditEvidence; verdict: Verdict }> {
  const plugin = pluginOf(name);
  const table = 'columns' in rows ? rows : tableOf(rows);
  const population = people === null ? null : tableOf(people, ['insensitive', 'insensitive']);
  const evidence = await plugin.run(context(plugin, options, table, population));
  const data = JSON.parse(JSON.stringify(evidence.data)) as ClassAuditEvidence;
  const policy = { thresholds: { recordsAtRisk: { atMost } }, setBy: 'policy file', minimumSamples: 100 };
  const verdict = plugin.judge(data, policy);
  expect(plugin.details(data, verdict, { examples: [], maps: [], mapScale: 0 })).toBeDefined();
  return { data, verdict };
}

export const valueOf = ({ measures }: Verdict, id: string) => measures.find((measure) => measure.id === id)?.value;
export const repeat = (row: Row, times: number): Row[] => Array.from({ length: times }, () => row);

/** Classes of 4 (flu 2, cold 1, ulcer 1), 3 (flu 3) and 2 (cold, missing). */
export const NINE: readonly Row[] = [
  ...repeat(['30s', 'F', 'flu'], 2),
  ['30s', 'F', 'cold'],
  ['30s', 'F', 'ulcer'],
  ...repeat(['30s', 'M', 'flu'], 3),
  ['40s', 'F', 'cold'],
  ['40s', 'F', null],
];
