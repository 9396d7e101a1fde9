import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EncodedTable, Hierarchy } from '../contract.js';
import { encodeTable } from '../encoding/encode.js';
import { readHierarchy } from '../hierarchies/read.js';
import { kAnonymityModel } from '../models/size-models.js';
import { searchLattice } from './search.js';

const FOLDER = join(process.cwd(), '../shared/data/adult');
const isThere = existsSync(FOLDER);
if (!isThere) console.warn(`skipped: ${FOLDER} is missing`);

const K = 5;
const SUPPRESSION = 0.04;

/** All nine columns are quasi-identifiers: 12,960 generalizations. */
function adult(): { readonly table: EncodedTable; readonly hierarchies: readonly Hierarchy[] } {
  const lines = readFileSync(join(FOLDER, 'adult.csv'), 'utf8').trim().split(/\r?\n/);
  const [names = [], ...rows] = lines.map((line) => line.split(';'));
  const table = encodeTable({
    name: 'adult.csv',
    rows: rows.length,
    columns: names.map((name, c) => ({
      name,
      role: 'quasi-identifier',
      type: 'text',
      values: rows.map((row) => row[c]!),
    })),
  });
  const hierarchies = table.columns.map((column) => {
    const name = `adult_hierarchy_${column.name}.csv`;
    return readHierarchy({ name, text: readFileSync(join(FOLDER, name), 'utf8') }, column);
  });
  return { table, hierarchies };
}

interface Counted {
  readonly levels: readonly number[];
  readonly suppressed: number;
  readonly loss: number;
}

/** Every generalization by the definition, with nothing left out and nothing kept from one to the next; equal records together. */
function* everyNode(table: EncodedTable, hierarchies: readonly Hierarchy[]): Generator<Counted> {
  let nodes: number[][] = [[]];
  for (const { levels } of hierarchies) nodes = nodes.flatMap((node) => levels.map((_, level) => [...node, level]));
  const { rows, records } = distinctRows(table);
  for (const levels of nodes) {
    const at = hierarchies.map((hierarchy, c) => hierarchy.levels[levels[c]!]!);
    // No value is missing in Adult: groups are numbered from 1 on, or all are 0. All combinations are below 2^30.
    const keys = new Int32Array(rows.length);
    for (const [c, { groupOf, labels }] of at.entries()) {
      const { codes } = table.columns[c]!;
      const radix = Math.max(1, labels.length - 1);
      for (let i = 0; i < rows.length; i++) keys[i] = keys[i]! * radix + Math.max(0, groupOf[codes[rows[i]!]!]! - 1);
    }
    const sizes = new Map<number, number>();
    for (let i = 0; i < keys.length; i++) sizes.set(keys[i]!, (sizes.get(keys[i]!) ?? 0) + records[i]!);
    let suppressed = 0;
    for (const size of sizes.values()) if (size < K) suppressed += size;
    if (suppressed > SUPPRESSION * table.rows) {
      yield { levels, suppressed, loss: Infinity };
      continue;
    }
    const product = at.reduce((all, { groupOf, leavesUnder }, c) => {
      const full = hierarchies[c]!.leaves - 1;
      let sum = 0;
      const { codes } = table.columns[c]!;
      for (let i = 0; i < rows.length; i++) {
        const own = leavesUnder[groupOf[codes[rows[i]!]!]!]! - 1;
        sum += records[i]! * (sizes.get(keys[i]!)! < K ? 1 : own / full);
      }
      return all * (1 + sum / table.rows);
    }, 1);
    yield { levels, suppressed, loss: product ** (1 / levels.length) - 1 };
  }
}

/** The first of equal rows, and how many there are of each. */
function distinctRows({ rows, columns }: EncodedTable): {
  readonly rows: readonly number[];
  readonly records: readonly number[];
} {
  const known = new Map<string, { readonly row: number; records: number }>();
  for (let row = 0; row < rows; row++) {
    const key = columns.map(({ codes }) => codes[row]).join();
    const entry = known.get(key) ?? { row, records: 0 };
    entry.records += 1;
    known.set(key, entry);
  }
  const entries = [...known.values()];
  return { rows: entries.map(({ row }) => row), records: entries.map(({ records }) => records) };
}

(isThere ? test : test.skip)(
  'of all 12,960 generalizations of Adult, none costs less than the one that is found',
  async () => {
    const { table, hierarchies } = adult();
    const request = { table, hierarchies, models: [kAnonymityModel({ k: K })], suppression: SUPPRESSION };
    const { levels, value, release, frontier } = await searchLattice({ ...request, metric: 'loss' });
    let [nodes, best]: [number, Counted | null] = [0, null];
    for (const node of everyNode(table, hierarchies)) {
      nodes += 1;
      if (node.suppressed <= SUPPRESSION * table.rows && (best === null || node.loss < best.loss)) best = node;
    }
    expect(nodes).toBe(12_960);
    expect(levels).toEqual(best!.levels);
    // Shares are added up there, 19,502 of them a column.
    expect(value).toBeCloseTo(best!.loss, 10);
    expect(release!.suppressed.filter((flag) => flag === 1)).toHaveLength(best!.suppressed);
    // Most of the proof is without counting.
    expect(frontier.count).toBeLessThan(nodes / 20);
  },
  1_800_000,
);
