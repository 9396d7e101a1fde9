// Protecting the Adult table (../shared/data/adult, 30,162 records, 9 quasi-identifiers) and a million records drawn from it, with one
// value of each record changed for another of its column: seconds, and the memory that it takes beside the encoded table, in a
// process of its own, beside a calibration of the same machine (SHA-256 of 256 MiB, a sort of 10 million integers).
//
//   node bench/anonymize.mjs [lattice mondrian mondrian-relaxed mondrian-without-hierarchies] [--sizes adult,million] [--repetitions 3]
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { calibration } from './calibration.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const ADULT = `${root}/../shared/data/adult`;
const MILLION = 1_000_000;
const COMPILED = `${root}/dist/defenses/anonymization`;

/** What is asked for, on two cores. */
const MOST_SECONDS = {
  lattice: { adult: 0.5, million: 4 },
  mondrian: { million: 0.6 },
  'mondrian-without-hierarchies': { million: 0.6 },
};
/** Bytes of typed arrays / bytes of the encoded table. */
const MOST_TABLES = { lattice: { adult: 10, million: 10 }, mondrian: { million: 10 } };

const { searchLattice } = await import(`${COMPILED}/lattice/search.js`);
const { kAnonymityModel } = await import(`${COMPILED}/models/size-models.js`);
const { mondrian } = await import(`${COMPILED}/mondrian/mondrian.js`);

/** Each takes the encoded table and its hierarchies, and gives what is worth printing. */
const PARTS = {
  async lattice(table, hierarchies) {
    const models = [kAnonymityModel({ k: 5 })];
    const { release, value } = await searchLattice({ table, hierarchies, models, suppression: 0.04, metric: 'loss' });
    return { loss: value, ...release.method.facts };
  },
  mondrian: (table, hierarchies) => cutByMondrian(table, hierarchies, 'strict'),
  'mondrian-relaxed': (table, hierarchies) => cutByMondrian(table, hierarchies, 'relaxed'),
  'mondrian-without-hierarchies': (table) => cutByMondrian(table, [], 'strict'),
};

function cutByMondrian(table, hierarchies, mode) {
  const models = [kAnonymityModel({ k: 5 }).bind(table)];
  const { classes, method } = mondrian({ table, models, hierarchies }, { mode, ranges: 'tight', labelLength: 200 });
  return { classes, ...method.facts };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sizes: { type: 'string', default: 'adult,million' },
    repetitions: { type: 'string', default: '3' },
    one: { type: 'string' },
  },
});

if (values.one === undefined) await all();
else await one(...values.one.split(':'));

async function all() {
  process.stdout.write(`${JSON.stringify({ calibration: calibration() })}\n`);
  for (const part of positionals.length === 0 ? Object.keys(PARTS) : positionals) {
    for (const size of values.sizes.split(',')) {
      const runs = [];
      for (let i = 0; i < Number(values.repetitions); i++) runs.push(await inProcess(part, size));
      const [median] = runs.toSorted((a, b) => a.seconds - b.seconds).slice(Math.floor(runs.length / 2));
      const held =
        median.seconds <= (MOST_SECONDS[part]?.[size] ?? Infinity) &&
        median.tables <= (MOST_TABLES[part]?.[size] ?? Infinity);
      process.stdout.write(`${JSON.stringify({ part, size, ...median, held })}\n`);
    }
  }
}

/** Reading and encoding come first; encoding is timed apart. */
async function one(part, size) {
  const { encodeTable } = await import(`${COMPILED}/encoding/encode.js`);
  const { readHierarchy } = await import(`${COMPILED}/hierarchies/read.js`);
  const table = adultTable(size === 'million' ? MILLION : null);
  const encoding = performance.now();
  const encoded = encodeTable(table);
  const encodeSeconds = (performance.now() - encoding) / 1000;
  const hierarchies = encoded.columns.map((column) => {
    const name = `adult_hierarchy_${column.name}.csv`;
    return readHierarchy({ name, text: readFileSync(`${ADULT}/${name}`, 'utf8') }, column);
  });
  // What reading and encoding left behind is none of the time or the memory of what follows.
  globalThis.gc();
  const before = process.memoryUsage();
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().arrayBuffers)), 5);
  const begin = performance.now();
  const facts = await PARTS[part](encoded, hierarchies);
  const seconds = (performance.now() - begin) / 1000;
  clearInterval(watch);
  // Typed arrays, looked at whenever the search lets the timer run.
  const tables =
    (Math.max(peak, process.memoryUsage().arrayBuffers) - before.arrayBuffers) /
    (4 * table.rows * table.columns.length);
  process.send({ records: table.rows, encodeSeconds, seconds, tables, ...facts });
}

function adultTable(drawn) {
  const lines = readFileSync(`${ADULT}/adult.csv`, 'utf8').trim().split(/\r?\n/);
  const [names, ...rows] = lines.map((line) => line.split(';'));
  const chosen = drawn === null ? rows : drawnFrom(rows, drawn, names.length);
  const columns = names.map((name, i) => ({
    name,
    role: 'quasi-identifier',
    type: name === 'age' ? 'integer' : 'text',
    values: chosen.map((row) => row[i]),
  }));
  return { name: 'adult.csv', digest: '', rows: chosen.length, columns };
}

function drawnFrom(rows, count, columns) {
  // Lehmer's generator (Park & Miller 1988): the same records every time.
  let state = 20_240_607;
  const below = (limit) => (state = (state * 48_271) % 2_147_483_647) % limit;
  return Array.from({ length: count }, () => {
    const row = rows[below(rows.length)].slice();
    const column = below(columns);
    row[column] = rows[below(rows.length)][column];
    return row;
  });
}

function inProcess(part, size) {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), ['--one', `${part}:${size}`], { execArgv: ['--expose-gc'] });
    child.once('message', resolve);
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`${part} ended with exit code ${code}`)));
  });
}
