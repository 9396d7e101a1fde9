import { digestOfBytes } from '#base/digest';
import { AssayError, messageOf } from '#base/errors';
import { sizeOf, type Tensor } from '#base/tensor';
import type { TabularDomain } from '#target/domain';
import type { GroupColumn } from '#target/sample-source';
import { fileCard, readSourceFile, type FileCard } from '../file.js';
import type { NumericArray } from '../numeric-array.js';
import { readTable } from '../read-table.js';
import { checkInputs, checkShape, takeInputs } from '../sample-inputs.js';
import { streamOfRows } from '../streams/input-stream.js';
import type { Table } from '../table.js';
import type { SampleFacts, Source, SourceConfig } from './source.js';
import { columnLabels, requireColumn } from './table-labels.js';
import { encodedRows, namedColumn, plainRows } from './table-rows.js';

/**
 * Samples in a table: some columns are the input, one is the truth, others may be groups.
 *
 * @throws AssayError `data` or `config` where the table does not fit the target
 */
export async function tableSource(
  config: SourceConfig & Required<Pick<SourceConfig, 'columns'>>,
  facts: SampleFacts,
): Promise<Source> {
  const { domain } = facts;
  const { inputs: path, columns, labels: label, delimiter, encoding } = config;
  if (domain.kind !== 'tabular') {
    throw new AssayError('config', {
      where: path,
      what: `\`columns\` of a table are given, and the domain of the target is \`${domain.kind}\``,
    });
  }
  requireColumn(label, facts, path);
  const file = await readSourceFile(path);
  const table = await readTable(file, { roles: {}, delimiter, encoding });
  const rows = namedRows(table, columns, domain, path);
  checkShape(rows, domain);
  checkInputs(rows, domain, config.scale);
  return {
    available: table.rows,
    labels: columnLabels(table, label, facts, path),
    groups: (config.groups ?? []).map((name) => groupOf(namedColumn(table, name, path))),
    stream: (indices) => streamOfRows(rows, domain, config.scale, indices),
    files: () => [fileCard(file)],
  };
}

/**
 * One row from elsewhere, made into an input as those of the data are: [...shape] in the units of the domain.
 *
 * @param row values by the names of the columns, or in the order of the model
 * @throws AssayError `data` where it does not fit the target
 */
export async function rowInput(
  row: string,
  { columns, scale }: Pick<SourceConfig, 'columns' | 'scale'>,
  domain: TabularDomain,
): Promise<Float32Array> {
  const where = 'the row';
  const numbers = numbersIn(row, domain);
  const file = { path: where, bytes: Buffer.from(`${row}\n`), digest: digestOfBytes(row) };
  const rows =
    numbers !== null
      ? { name: where, shape: [1, ...domain.shape], data: Float64Array.from(numbers) }
      : namedRows(await readTable(file, { roles: {} }), columns, domain, where);
  return legalInputs(rows, domain, scale).data;
}

/**
 * Rows of a table that is held already, made into inputs as those of the data are: [rows, ...shape] in the units of the domain.
 *
 * @throws AssayError `data` or `config` where it does not fit the target
 */
export function rowInputs(
  table: Table,
  { columns, scale }: Pick<SourceConfig, 'columns' | 'scale'>,
  domain: TabularDomain,
): Tensor {
  return legalInputs(namedRows(table, columns, domain, table.name), domain, scale);
}

function legalInputs(rows: NumericArray, domain: TabularDomain, scale: number | undefined): Tensor {
  checkShape(rows, domain);
  checkInputs(rows, domain, scale);
  const all = Array.from({ length: rows.shape[0] ?? 0 }, (_, row) => row);
  return takeInputs(rows, domain, scale, all);
}

/** Without names those of the domain are meant. */
function namedRows(table: Table, columns: SourceConfig['columns'], domain: TabularDomain, where: string): NumericArray {
  const names = columns ?? 'domain';
  return names === 'domain' ? encodedRows(table, domain, where) : plainRows(table, names, domain.shape, where);
}

/** A list of numbers in the order of the model; null for what has names. */
function numbersIn(row: string, { shape }: TabularDomain): number[] | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(row);
  } catch (cause) {
    throw new AssayError('usage', {
      where: 'the row',
      what: `it is no JSON: ${messageOf(cause)}`,
      mend: 'Give an object of columns, or a list of numbers.',
    });
  }
  if (!Array.isArray(parsed)) return null;
  const values: readonly unknown[] = parsed;
  if (values.length === sizeOf(shape) && values.every((value) => typeof value === 'number')) return [...values];
  throw new AssayError('usage', {
    where: 'the row',
    what: `it is a list of ${values.length}, and the target takes ${sizeOf(shape)} numbers`,
  });
}

/** A table beside the samples with a row for each of them. @throws AssayError `data` where it has more or fewer */
export async function groupsFile(
  path: string,
  samples: number,
): Promise<{ groups: readonly GroupColumn[]; card: FileCard }> {
  const file = await readSourceFile(path);
  const { rows, columns } = await readTable(file, { roles: {} });
  if (rows !== samples) {
    throw new AssayError('data', {
      where: path,
      what: `there are groups for ${rows} samples, and the data has ${samples}`,
      mend: 'Give a row for each sample, in the same order.',
    });
  }
  return { groups: columns.map(groupOf), card: fileCard(file) };
}

function groupOf({ name, values }: GroupColumn): GroupColumn {
  return { name, values };
}
