import { AssayError } from '#base/errors';
import { unknownLabels, type Labels } from '#target/head';
import type { Table } from '../table.js';
import { labelsOfText } from './named-labels.js';
import type { SampleFacts } from './source.js';
import { namedColumn } from './table-rows.js';

/** @throws AssayError `config` where the truth is needed, and no column of it is named */
export function requireColumn(label: string | undefined, { truth }: SampleFacts, where: string): void {
  if (label !== undefined || truth === 'none') return;
  throw new AssayError('config', { where, what: '`labels` is missing', mend: 'Name the column of the truth.' });
}

/** The truth of the rows of a table, which stands in one of its columns. @throws AssayError `data` as `labelsOfText` */
export function columnLabels(table: Table, label: string | undefined, facts: SampleFacts, path: string): Labels {
  if (label === undefined) return unknownLabels(facts.head, table.rows);
  const { values } = namedColumn(table, label, path);
  return labelsOfText(values, facts, `${path}, column ${JSON.stringify(label)}`);
}
