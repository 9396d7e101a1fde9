import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { digestOfJson } from '#base/digest';
import { AssayError } from '#base/errors';
import type { JsonObject } from '#base/json';
import { packageVersion } from '#base/package-root';
import { nameIn } from '#config/document/find';
import type { LoadedConfig } from '#config/loaded';
import type { PopulationConfig, TableConfig } from '#config/schema';
import { loadPopulation, loadTable, storeTable, type LoadedTable } from '#data/load-table';
import { tableSourceOf } from '#data/stored-table';
import type { TableReading } from '#data/tables/reading';
import type { AnonymizingKit, Protection, ReleasedTable } from '#plugin/anonymizing';
import { ANONYMIZATION_VERSION, type AnonymizationCertificate, type ModelCheck } from '#report/anonymization';
import { randomStreams } from '#stats/random';
import { flagsOf, quoted } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { readNamed } from '../named-files.js';
import { writeFolder, type Content } from '../new-folder.js';
import { versions } from '../opening.js';
import { predictorOf } from './predictor.js';
import { secret } from './secret.js';
import { writeCsv, type WrittenCsv } from './write-table.js';

/** What an anonymization tells whoever listens. */
export type AnonymizeEvent =
  | { readonly kind: 'progress'; readonly what: string; readonly done: number; readonly total: number }
  | { readonly kind: 'written'; readonly files: readonly string[] };

export interface AnonymizeOptions {
  readonly seed?: number | string;
  readonly signal: AbortSignal;
  readonly on: (event: AnonymizeEvent) => void;
  /** The page of a certificate. */
  readonly page: (certificate: AnonymizationCertificate) => string;
}

export interface Anonymized {
  readonly folder: string;
  readonly certificate: AnonymizationCertificate;
  /** Absolute. */
  readonly files: readonly string[];
  /** 1 where no table meets the policy, and none was written. */
  readonly exitCode: AnonymizationCertificate['exitCode'];
}

/**
 * Makes a protected copy of the table of a config, and writes it with its certificate and its page into a new folder. The
 * table is judged as it was written and read back, and where it does not meet the models there is none.
 *
 * @throws AssayError of exit code 4 for bad input; `interrupted`; `output`
 */
export async function anonymizeTable(
  loaded: LoadedConfig,
  kit: AnonymizingKit,
  options: AnonymizeOptions,
): Promise<Anonymized> {
  const started = new Date();
  const asked = askedOf(loaded, kit);
  const table = await loadTable(asked.table);
  requireQuasiIdentifiers(table, loaded);
  const population = asked.population === null ? null : await loadPopulation(asked.population);
  const seed = options.seed ?? loaded.config.seed;
  const protection = await kit.protect({
    table: tableSourceOf(table.stored),
    population: population === null ? null : tableSourceOf(population.stored),
    options: asked.options,
    readFile: (path) => readNamed(path, loaded.file),
    random: randomStreams(seed, 'anonymize'),
    secret,
    predict: predictorOf(loaded, options),
    signal: options.signal,
    progress: (what, done, total) => {
      options.on({ kind: 'progress', what, done, total });
    },
  });
  const { out } = loaded.config;
  const written = await writtenBack(protection.released, asked.table, { reading: table.reading, out });
  try {
    const certificate = certificateOf({ loaded, asked, table, population, protection, written, seed, options });
    return write(out, certificate, written, started, options);
  } finally {
    // It was moved where it meets the models.
    if (written !== null) rmSync(written.path, { force: true });
  }
}

interface Asked {
  readonly table: TableConfig;
  readonly population: PopulationConfig | null;
  readonly options: object;
}

function askedOf({ config, file, positions }: LoadedConfig, kit: AnonymizingKit): Asked {
  const where = nameIn(process.cwd(), file);
  const { table, population = null } = config.data;
  if (table === undefined) {
    throw new AssayError('config', {
      where,
      what: '`data.table` is missing, and there is nothing else to anonymize',
      mend: 'Name the table and the roles of its columns: `assay anonymize table.csv` suggests them.',
    });
  }
  if (config.anonymize === undefined) {
    throw new AssayError('config', {
      where,
      what: '`anonymize` is missing, which says what the protected table has to meet',
      mend: 'Write `"anonymize": { "models": [{ "model": "k-anonymity", "k": 5 }] }`.',
    });
  }
  const place = { code: 'config', file: where, path: ['anonymize'], positions } as const;
  return {
    table,
    population,
    options: kit.complete(config.anonymize, place),
  };
}

function requireQuasiIdentifiers({ stored }: LoadedTable, { file }: LoadedConfig): void {
  if (tableSourceOf(stored).columns.some(({ role }) => role === 'quasi-identifier')) return;
  throw new AssayError('config', {
    where: `${nameIn(process.cwd(), file)}, \`data.table.roles\``,
    what: 'no column is declared a quasi-identifier, which is what an adversary may know of a person',
    mend: 'Declare them, as in `"roles": { "age": "quasi-identifier" }`: `assay anonymize table.csv` suggests them.',
  });
}

interface Written extends WrittenCsv {
  readonly checks: readonly ModelCheck[];
}

/** The file of a released table, with what holds of it once it is read as anybody would. */
async function writtenBack(
  released: ReleasedTable | null,
  { missing = [''], roles: stated }: TableConfig,
  { reading, out }: { readonly reading: TableReading; readonly out: string },
): Promise<Written | null> {
  if (released === null) return null;
  const delimiter = reading.format === 'csv' ? reading.delimiter : ',';
  const written = await writeCsv(released.table, out, { delimiter, missing: missing[0] ?? '' });
  try {
    const names = new Set(released.table.columns.map(({ name }) => name));
    const roles = Object.fromEntries(Object.entries(stated).filter(([name]) => names.has(name)));
    const { stored } = await storeTable({
      file: written.path,
      delimiter,
      encoding: 'utf-8',
      missing: [...missing],
      roles,
    });
    return { ...written, checks: await released.check(tableSourceOf(stored)) };
  } catch (error) {
    rmSync(written.path, { force: true });
    throw error;
  }
}

interface Parts {
  readonly loaded: LoadedConfig;
  readonly asked: Asked;
  readonly table: LoadedTable;
  readonly population: LoadedTable | null;
  readonly protection: Protection;
  readonly written: Written | null;
  readonly seed: number | string;
  readonly options: AnonymizeOptions;
}

function certificateOf(parts: Parts): AnonymizationCertificate {
  const { loaded, asked, table, population, protection, written, seed, options } = parts;
  const { released: _, refused, ...found } = protection;
  const broken = written?.checks.find(({ holds }) => !holds);
  const isWritten = written !== null && broken === undefined;
  return {
    version: ANONYMIZATION_VERSION,
    tool: { name: 'assay', version: packageVersion() },
    command: ['assay anonymize', quoted(basename(loaded.file)), ...flagsOf(options)].join(' '),
    config: {
      file: basename(loaded.file),
      digest: digestOfJson({ config: loaded.digest, options: asJson(asked.options) }),
    },
    seed,
    versions: versions(),
    table: table.card,
    population: population?.card ?? null,
    options: asJson(asked.options),
    ...found,
    checks: [...(written?.checks ?? [])],
    output: isWritten ? { name: TABLE, sha256: written.sha256, bytes: written.bytes } : null,
    refused: isWritten
      ? null
      : (refused ?? `The table as it was read back does not meet ${broken?.model ?? 'its policy'}.`),
    exitCode: isWritten ? EXIT.passed : EXIT.failed,
  };
}

/** Options were checked by a schema, so they are JSON. */
function asJson(options: object): JsonObject {
  return JSON.parse(JSON.stringify(options)) as JsonObject;
}

const TABLE = 'protected.csv';
const CERTIFICATE = 'certificate.json';
const PAGE = 'anonymization.html';

function write(
  out: string,
  certificate: AnonymizationCertificate,
  written: Written | null,
  started: Date,
  { page, on }: AnonymizeOptions,
): Anonymized {
  const time = started.toISOString().slice(0, 19).replaceAll(':', '-');
  const timings = { started: started.toISOString(), finished: new Date().toISOString() };
  const contents = new Map<string, Content>([
    ...(certificate.output === null || written === null ? [] : [[TABLE, { moved: written.path }] as const]),
    [CERTIFICATE, `${JSON.stringify(certificate, null, 2)}\n`],
    [PAGE, page(certificate)],
    ['timings.json', `${JSON.stringify(timings, null, 2)}\n`],
  ]);
  const folder = writeFolder(out, `anonymize-${time}Z-${digestOfJson(certificate).slice(0, 8)}`, contents);
  const files = [...contents.keys()].filter((name) => name !== 'timings.json').map((name) => join(folder, name));
  on({ kind: 'written', files });
  return { folder, certificate, files, exitCode: certificate.exitCode };
}
