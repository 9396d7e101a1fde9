import { AssayError } from '#base/errors';
import type { SamplesConfig } from '#config/schema';
import { fileCard, readSourceFile, type FileCard } from '../file.js';
import { readTable } from '../read-table.js';
import { checkInputs, checkShape } from '../sample-inputs.js';
import { streamOfRows } from '../streams/input-stream.js';
import { labelsOfText } from './named-labels.js';
import type { GroupColumn, SampleFacts, Source } from './source.js';
import { encodedRows, namedColumn, plainRows } from './table-rows.js';

/**
 * Samples in a table: some columns are the input, one is the truth, others may be groups.
 *
 * @throws AssayError `data` or `config` where the table does not fit the target
 */
export async function tableSource(
  config: SamplesConfig & Required<Pick<SamplesConfig, 'columns'>>,
  facts: SampleFacts,
): Promise<Source> {
  const { domain, head } = facts;
  const { inputs: path, columns, labels: label, delimiter } = config;
  if (domain.kind !== 'tabular') {
    throw new AssayError('config', {
      where: path,
      what: `\`columns\` of a table are given, and the domain of the target is \`${domain.kind}\``,
    });
  }
  if (label === undefined) {
    throw new AssayError('config', { where: path, what: '`labels` is missing', mend: 'Name the column of the truth.' });
  }
  const file = await readSourceFile(path);
  const table = await readTable(file, { roles: {}, ...(delimiter === undefined ? {} : { delimiter }) });
  const rows = columns === 'domain' ? encodedRows(table, domain, path) : plainRows(table, columns, domain.shape, path);
  checkShape(rows, domain);
  checkInputs(rows, domain, config.scale);
  const truth = namedColumn(table, label, path).values;
  return {
    available: table.rows,
    labels: labelsOfText(truth, { head, labels: facts.labels }, `${path}, column ${JSON.stringify(label)}`),
    groups: (config.groups ?? []).map((name) => groupOf(namedColumn(table, name, path))),
    stream: (indices) => streamOfRows(rows, domain, config.scale, indices),
    files: () => [fileCard(file)],
  };
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
