import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOfBytes } from '#base/digest';
import { readCsv, type CsvOptions } from './csv.js';
import { loadTable } from './load-table.js';
import { tableSourceOf, wholeTable } from './stored-table.js';
import type { Table } from './table.js';

function read(text: string | Uint8Array, options: Partial<CsvOptions> = {}): Table {
  const bytes = Buffer.from(text);
  return readCsv({ path: '/data/people.csv', bytes, digest: digestOfBytes(bytes) }, { roles: {}, ...options });
}

const valuesOf = (table: Table) => Object.fromEntries(table.columns.map(({ name, values }) => [name, values]));

describe('readCsv reads', () => {
  test('columns with their roles; those that have none are insensitive', () => {
    const table = read('name,age\nAda,36\nAlan,41\n', { roles: { name: 'identifier' } });
    expect(table).toMatchObject({
      name: 'people.csv',
      rows: 2,
      columns: [
        { name: 'name', role: 'identifier', values: ['Ada', 'Alan'] },
        { name: 'age', role: 'insensitive', values: ['36', '41'] },
      ],
    });
  });

  test.each([
    ['no line break at the end', 'a,b\n1,2'],
    ['Windows line breaks', 'a,b\r\n1,2\r\n'],
    ['a byte order mark', '\uFEFFa,b\n1,2\n'],
    ['an empty line', 'a,b\n\n1,2\n\n'],
    ['quoted fields', '"a","b"\n"1","2"\n'],
  ])('%s', (_, text) => {
    expect(valuesOf(read(text))).toEqual({ a: ['1'], b: ['2'] });
  });

  test('quotes, delimiters and line breaks in quoted fields', () => {
    expect(valuesOf(read('a,b\n"x, ""y""\nz",2\n'))).toEqual({ a: ['x, "y"\nz'], b: ['2'] });
  });

  test('other delimiters', () => {
    expect(valuesOf(read('a;b\n1,5;2\n', { delimiter: ';' }))).toEqual({ a: ['1,5'], b: ['2'] });
    expect(valuesOf(read('a\tb\n\t2\n', { delimiter: '\t' }))).toEqual({ a: [null], b: ['2'] });
  });

  test('delimiters and encodings that nobody named', () => {
    expect(valuesOf(read('a;b\n1,5;2\n'))).toEqual({ a: ['1,5'], b: ['2'] });
    expect(valuesOf(read(Buffer.from('a|b\nM\xfcller|\x80\n', 'latin1')))).toEqual({ a: ['Müller'], b: ['€'] });
    expect(valuesOf(read('a#b\n1#2\n', { delimiter: '#' }))).toEqual({ a: ['1'], b: ['2'] });
  });

  test('carriage returns alone, and line breaks of two kinds', () => {
    expect(valuesOf(read('a,b\r1,2\r3,4\r'))).toEqual({ a: ['1', '3'], b: ['2', '4'] });
    expect(valuesOf(read('a,b\r\n1,2\n3,4\r\n'))).toEqual({ a: ['1', '3'], b: ['2', '4'] });
  });

  test('missing values: the empty field, or what the options name instead', () => {
    const text = 'a,b\n?,\n NA ,x\n';
    expect(valuesOf(read(text))).toEqual({ a: ['?', ' NA '], b: [null, 'x'] });
    expect(valuesOf(read(text, { missing: ['?', 'NA'] }))).toEqual({ a: [null, null], b: ['', 'x'] });
  });

  test('missing values of a single column, which are empty lines', () => {
    expect(valuesOf(read('a\n1\n\n2\n'))).toEqual({ a: ['1', null, '2'] });
  });

  test('spaces and capitals as they stand', () => {
    expect(valuesOf(read('a,b\n x,X\n'))).toEqual({ a: [' x'], b: ['X'] });
  });

  test('a header alone as a table without rows', () => {
    expect(read('a,b\n')).toMatchObject({ rows: 0, columns: [{ values: [] }, { values: [] }] });
  });

  test('columns that are named like members of an object', () => {
    const table = read('__proto__,constructor\n1,2\n');
    expect(table.columns.map(({ role }) => role)).toEqual(['insensitive', 'insensitive']);
  });

  test('the digest is of all that decides the table', () => {
    const digest = (text: string, options: Partial<CsvOptions> = {}) => read(text, options).digest;
    const first = digest('a,b\n1,2\n');
    expect(digest('a,b\n1,2\n', { roles: { a: 'insensitive' }, delimiter: ',', missing: [''] })).toBe(first);
    expect(digest('a,b\n1,3\n')).not.toBe(first);
    expect(digest('a,b\n1,2\n', { roles: { a: 'sensitive' } })).not.toBe(first);
    expect(digest('a,b\n1,2\n', { missing: ['1'] })).not.toBe(first);
  });
});

describe('readCsv refuses', () => {
  test.each<[string, string | Uint8Array, Partial<CsvOptions>, string]>([
    [
      'records that are short',
      'a,b,c\n1,2,3\n1,2\n',
      {},
      '/data/people.csv, line 3: the record has 2 fields and the header names 3.',
    ],
    ['records that are long', 'a,b\n1,2\n\n1,2,3\n', {}, 'line 4: the record has 3 fields and the header names 2.'],
    [
      'records behind a field of several lines',
      'a,b\n"1\n1",2\n1\n',
      {},
      'line 4: the record has 1 field and the header names 2.',
    ],
    [
      'columns of one name',
      'a,b,a\n',
      {},
      '/data/people.csv, header: two columns are named "a". Give each column a name of its own.',
    ],
    ['no header', '\uFEFF', {}, 'the file has no header.'],
    [
      'a quote that is not closed',
      'a,b\n1,"2\n3,4\n',
      {},
      'a quote that was opened is not closed before the file ends.',
    ],
    ['a quote that swallows the file', `a,b\n1,"${'x'.repeat(1 << 21)}`, {}, 'a record is longer than 1048576 bytes'],
    [
      'text behind a quote',
      'a,b\n1,"2"x\n',
      {},
      'line 2: a closing quote is followed by something else than a delimiter.',
    ],
    [
      'a quote inside a field',
      'a,b\n1,x"y\n',
      {},
      'line 2: a quote stands in the middle of a field that is not quoted.',
    ],
    [
      'Latin-1 that is declared as UTF-8',
      Buffer.from('a,b\n1,2\nM\xfcller,3\n', 'latin1'),
      { encoding: 'utf-8' },
      '/data/people.csv, line 3: the text is not UTF-8. Save the file as UTF-8.',
    ],
    ['UTF-16', Buffer.from('\uFEFFa,b\n', 'utf16le'), {}, 'the file is UTF-16. Save it as UTF-8.'],
    ['other files', Uint8Array.of(0x50, 0x41, 0x52, 0x31, 0, 1), {}, 'this is not a text file: it holds zero bytes.'],
    ['a quote as delimiter', 'a"b\n', { delimiter: '"' }, 'the delimiter cannot be a quote or a line break.'],
  ])('%s', (_, text, options, sentence) => {
    expect(() => read(text, options)).toThrow(sentence);
  });

  test('roles of columns that are not there, with the closest that is', () => {
    const role = (name: string) => ({ roles: { [name]: 'sensitive' as const } });
    expect(() => read('age,marital-status\n', role('marital_status'))).toThrow(
      '/data/people.csv, header: there is no column "marital_status", which `roles` names. Did you mean "marital-status"?',
    );
    expect(() => read('age,sex\n', role('nationality'))).toThrow('The columns are "age", "sex".');
  });

  test('a header that was split at the wrong character, with the right one', () => {
    expect(() => read('sex;age\nM;3\n', { delimiter: ',', roles: { age: 'sensitive' } })).toThrow(
      'there is no column "age", which `roles` names. The header is one column at present: set `delimiter` to ";".',
    );
  });

  test('never with control characters of the file in the sentence', () => {
    expect(() => read('\u001b[31mage\n', { roles: { 'age-x': 'sensitive' } })).toThrow(/^[^\u001b]*$/);
  });
});

describe('loadTable', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-table-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('gives the table and its card', async () => {
    const file = join(folder, 'people.csv');
    writeFileSync(file, 'name;age\nAda;36\n');
    const { stored, card } = await loadTable({ file, delimiter: ';', roles: { age: 'quasi-identifier' } });
    if (stored.kind !== 'memory') throw new Error('a small table is held');
    expect(stored.table.rows).toBe(1);
    expect(card).toEqual({
      role: 'table',
      files: [{ name: 'people.csv', sha256: digestOfBytes('name;age\nAda;36\n'), bytes: 16 }],
      digest: stored.table.digest,
      reading: 'CSV, semicolon, UTF-8',
      available: 1,
      used: 1,
      drawn: 'all 1 record',
      classes: [],
      columns: [
        { name: 'name', role: 'insensitive' },
        { name: 'age', role: 'quasi-identifier' },
      ],
    });
  });

  test('refuses a file that is not there', async () => {
    await expect(loadTable({ file: join(folder, 'none.csv'), roles: {} })).rejects.toThrow('there is no such file');
  });

  const ADULT = join(process.cwd(), '../shared/data/adult/adult.csv');
  if (!existsSync(ADULT)) console.warn(`skipped: ${ADULT} is missing`);
  (existsSync(ADULT) ? test : test.skip)('reads the Adult table', async () => {
    const { stored } = await loadTable({ file: ADULT, delimiter: ';', roles: { 'salary-class': 'sensitive' } });
    const table = await wholeTable(tableSourceOf(stored));
    expect(table.rows).toBe(30_162);
    expect(table.columns.map(({ values }) => new Set(values).size)).toEqual([2, 72, 5, 7, 16, 41, 7, 14, 2]);
  });
});
