import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { CsvReader } from './csv-records.js';
import { detectDelimiter } from './delimiter.js';

function records(text: string, delimiter: string): (readonly (string | null)[])[] | 'refused' {
  const rows: (readonly (string | null)[])[] = [];
  const reader = new CsvReader({ delimiter, lineBreak: '\n' }, '', { row: (values) => rows.push(values) });
  try {
    reader.lines(text);
    reader.end();
  } catch {
    return 'refused';
  }
  return [reader.names, ...rows];
}

/** csv-parse with the rules that a table adds: an empty line is no record, but where there is one column. */
function oracle(text: string, delimiter: string): string[][] | 'refused' {
  try {
    const all = parse(text, { delimiter, relax_column_count: true, record_delimiter: ['\r\n', '\n'] });
    const first = all.findIndex((fields) => fields.length > 1 || fields[0] !== '');
    const [header = [], ...rows] = first === -1 ? [] : all.slice(first);
    if (header.length === 0 || new Set(header).size < header.length) return 'refused';
    const full = rows.filter((fields) => header.length === 1 || fields.length > 1 || fields[0] !== '');
    return full.every((fields) => fields.length === header.length) ? [header, ...full] : 'refused';
  } catch {
    return 'refused';
  }
}

describe('records are those of csv-parse', () => {
  const sign = fc.constantFrom('a', 'b', ' ', ',', ';', '"', '""', '\n', '\r\n', 'é');

  test('of any text', () => {
    fc.assert(
      fc.property(fc.array(sign, { maxLength: 24 }), fc.constantFrom(',', ';', '||'), (signs, delimiter) => {
        const text = signs.join('');
        expect(records(text, delimiter)).toEqual(oracle(text, delimiter));
      }),
      { numRuns: 1000, seed: 7 },
    );
  });

  test('of any table that is written as RFC 4180 has it', () => {
    const field = fc.array(sign, { maxLength: 4 }).map((signs) => signs.join(''));
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(fc.array(fc.tuple(field, field), { maxLength: 6 }), (rows) => {
        const text = ['x,y', ...rows.map((fields) => fields.map(quoted).join(','))].join('\r\n');
        expect(records(text, ',')).toEqual([['x', 'y'], ...rows]);
      }),
      { numRuns: 200, seed: 7 },
    );
  });
});

describe('a delimiter is told', () => {
  const detect = (text: string) => detectDelimiter(text, '\n', '/data/people.csv');

  test.each([
    ['a comma', 'a,b\n1,2\n', ','],
    ['a semicolon, with commas in numbers', 'a;b\n1,5;2,5\n', ';'],
    ['a tab', 'a\tb\n1, 2\t3\n', '\t'],
    ['a pipe', 'a|b\n1|2\n', '|'],
    ['commas in a quoted header', '"a, b";c\n1;2\n', ';'],
    ['the one by which records agree', 'last, first;age\nDoe;3\nPoe, Edgar;4\n', ';'],
    ['the one of the header, where records are broken', 'a,b,c\n1,2,3\n1,2\n', ','],
    ['a header alone', 'a;b\n', ';'],
    ['one column', 'text\nHello; you | there\n', ','],
    ['line breaks in quotes', 'a;b\n"1\n,2";3\n', ';'],
    ['nothing', '', ','],
  ])('%s', (_, text, delimiter) => {
    expect(detect(text)).toBe(delimiter);
  });

  test('or asked for, where two do equally well', () => {
    expect(() => detect('last, first;age;sex\nDoe, John;3;m\n')).toThrow(
      '/data/people.csv: the delimiter cannot be told: comma makes 2 columns and semicolon makes 3. Name it in `delimiter`.',
    );
  });
});
