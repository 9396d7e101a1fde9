import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { digestOfBytes } from '#base/digest';
import { rng } from '#stats/random';
import { readTable } from './read-table.js';
import type { Table } from './table.js';
import { typed } from './tables/column-type.js';
import type { TableOptions } from './tables/columns.js';
import { everyNth } from '../../test/tier.js';

interface Stored {
  readonly same: { readonly csv: string; readonly lines: string; readonly parquet: Readonly<Record<string, string>> };
  readonly types: {
    readonly file: string;
    readonly 'old times': string;
    readonly values: Readonly<Record<string, readonly (string | null)[]>>;
  };
  readonly refused: Readonly<Record<string, string>>;
}

const stored = JSON.parse(gunzipSync(readFileSync('fixtures/readers/tables.json.gz')).toString()) as Stored;
const decoded = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

function read(content: string | Uint8Array, options: Partial<TableOptions> = {}): Promise<Table> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return readTable({ path: '/data/people', bytes, digest: digestOfBytes(bytes) }, { roles: {}, ...options });
}

const refusal = (content: string | Uint8Array, options: Partial<TableOptions> = {}): Promise<string> =>
  read(content, options).then(
    () => 'nothing',
    (thrown: unknown) => (thrown as Error).message,
  );

describe('the same content is the same table', () => {
  const roles = { name: 'identifier', age: 'quasi-identifier' } as const;
  const csv = () => read(stored.same.csv, { roles });

  test('of ten columns, with their types and roles', async () => {
    const { rows, columns } = await csv();
    expect(rows).toBe(200);
    expect(columns.map(({ name, type, role }) => [name, type, role])).toEqual([
      ['id', 'integer', 'insensitive'],
      ['name', 'text', 'identifier'],
      ['age', 'integer', 'quasi-identifier'],
      ['income', 'number', 'insensitive'],
      ['share', 'number', 'insensitive'],
      ['whole', 'integer', 'insensitive'],
      ['member', 'boolean', 'insensitive'],
      ['joined', 'date', 'insensitive'],
      ['seen', 'timestamp', 'insensitive'],
      ['code', 'text', 'insensitive'],
    ]);
    expect(columns.map(({ values }) => values.filter((value) => value === null).length > 5)).toEqual([
      ...[false, false, true, true, false, false, true, false, true, true],
    ]);
  });

  test.each(everyNth(2, Object.entries(stored.same.parquet)))('as Parquet: %s', async (_, file) => {
    expect(await read(decoded(file), { roles })).toEqual(await csv());
  });

  test('as JSON Lines', async () => {
    expect(await read(stored.same.lines, { roles })).toEqual(await csv());
  });

  test('and another one with one other value', async () => {
    const { digest } = await csv();
    const other = await read(stored.same.csv.replace('00', '01'), { roles });
    expect(other.digest).not.toBe(digest);
    expect((await read(stored.same.csv)).digest).not.toBe(digest);
  });
});

describe('Parquet', () => {
  const types = read(decoded(stored.types.file));

  test.each(Object.entries(stored.types.values))('%s', async (name, values) => {
    const { columns } = await types;
    expect(columns.find((column) => column.name === name)!.values).toEqual(values);
  });

  test('times of 96 bits', async () => {
    const { columns } = await read(decoded(stored.types['old times']));
    expect(columns[0]).toMatchObject({ type: 'timestamp', values: ['2024-02-29T12:30:15.123456'] });
  });

  test.each([
    ['list', '/data/people: the column "tags" is nested. Give each of its values a column of its own.'],
    ['structure', 'the column "place" is nested.'],
    ['map', 'the column "pairs" is nested.'],
    ['bytes', '/data/people, column "raw": the column holds bytes that are no text in UTF-8.'],
    ['fixed', 'column "raw": the column is of the type FIXED_LEN_BYTE_ARRAY, which is no plain value.'],
  ])('refuses %s', async (name, sentence) => {
    expect(await refusal(decoded(stored.refused[name]!))).toMatch(sentence);
  });

  test('refuses encrypted files', async () => {
    expect(await refusal(Buffer.from('PARE....PARE'))).toBe(
      '/data/people: the file is encrypted. Write it without a key.',
    );
  });

  const files = everyNth(3, Object.entries(stored.same.parquet));

  test.each(files)('cut off anywhere is one sentence: %s', async (_, file) => {
    const whole = decoded(file);
    for (let share = 0; share < 1; share += 1 / 4) {
      const sentence = await refusal(whole.subarray(0, Math.max(4, Math.floor(whole.length * share))));
      expect(sentence).toMatch(
        /^\/data\/people: the Parquet file cannot be read \([^\n]*\)\. It is truncated or damaged; write it again\.$/,
      );
    }
  });

  test.each(files)(
    'changed anywhere is a table or one sentence, soon: %s',
    async (name, file) => {
      const random = rng(`changed ${name}`);
      const whole = decoded(file);
      // What files say about themselves stands at their end.
      const footer = whole.length - 8 - new DataView(whole.buffer).getUint32(whole.length - 8, true);
      for (let round = 0; round < 2; round++) {
        const bytes = whole.slice();
        for (let change = 0; change < 2; change++) {
          const from = round % 2 === 0 ? footer : 4;
          bytes[from + Math.floor(random.uniform() * (whole.length - from))] = Math.floor(random.uniform() * 256);
        }
        const sentence = await refusal(bytes);
        if (sentence !== 'nothing') expect(sentence).toMatch(/^\/data\/people[^\n]*\.$/);
      }
    },
    60_000,
  );

  test('pages that ask for memory without end are stopped', async () => {
    const bytes = decoded(stored.same.parquet['plain']!);
    // The levels of a column without missing values: 3 bytes, which are a run of 200 ones. Five bytes make it 2^31.
    const run = Buffer.from(bytes).indexOf(Uint8Array.of(3, 0, 0, 0, 0x90, 3, 1));
    expect(run).toBeGreaterThan(0);
    bytes.set([0xfe, 0xff, 0xff, 0xff, 0x0f, 1], run + 4);
    expect(await refusal(bytes)).toMatch(
      /^\/data\/people: decoding the Parquet file takes more than \d+ MiB or \d+ s, which no sound file of this size does\./,
    );
  }, 60_000);

  test('numbers without end and lists without bytes end at once', async () => {
    const end = (footer: Uint8Array) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(footer.length);
      return Buffer.concat([Buffer.from('PAR1'), footer, length, Buffer.from('PAR1')]);
    };
    const started = performance.now();
    expect(await refusal(end(Buffer.alloc(4_000_000, 0xff)))).toMatch('cannot be read');
    expect(await refusal(end(Uint8Array.of(0x16, ...new Array<number>(100_000).fill(0x80), 1)))).toMatch(
      'a number has no end',
    );
    expect(await refusal(end(Uint8Array.of(0x19, 0xfc, 0xff, 0xff, 0xff, 0x7f)))).toMatch(
      'a list is longer than the file',
    );
    expect(await refusal(end(Buffer.alloc(100_000, 0x1c)))).toMatch('nested too deep');
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('JSON Lines', () => {
  test('columns in the order of their first appearance, missing where a record has none', async () => {
    const { columns, rows } = await read('{"a": 1}\n\n{"b": "x", "a": null}\r\n{"b": ""}');
    expect(rows).toBe(3);
    expect(columns.map(({ name, values }) => [name, values])).toEqual([
      ['a', ['1', null, null]],
      ['b', [null, 'x', null]],
    ]);
  });

  test('names that are members of objects, and a byte order mark', async () => {
    const { columns } = await read('\uFEFF{"__proto__": 1, "constructor": true}');
    expect(columns.map(({ name, type }) => [name, type])).toEqual([
      ['__proto__', 'integer'],
      ['constructor', 'boolean'],
    ]);
  });

  test.each([
    [
      'a list in a value',
      '{"a": 1}\n{"a": [1]}',
      '/data/people, line 2: the column "a" is nested: it holds a list. Give each value a column of its own.',
    ],
    ['an object in a value', '{"a": {}}', 'line 1: the column "a" is nested: it holds an object.'],
    ['a line that is no object', '{"a": 1}\n7', 'line 2: the line is not a JSON object. Write one object a line.'],
    ['a line that is no JSON', '{"a": 1}\n{"a": }', 'line 2: the line is not JSON ('],
    ['objects over several lines', '{\n"a": 1}', 'line 1: the line is not JSON ('],
    [
      'one list of all',
      '[{"a": 1}]',
      '/data/people: this is one JSON list. Store the table as CSV, Parquet, JSON Lines (one object a line) or ARFF.',
    ],
    [
      'whole numbers beyond those that are exact',
      '{"a": 9007199254740993}',
      'the column "a" holds 9007199254740992, beyond the integers',
    ],
    ['a line without end', `{"a": "${'x'.repeat(1 << 20)}"}`, 'line 1: the line is longer than 1048576 bytes.'],
    [
      'names without end',
      Array.from({ length: 5_001 }, (_, i) => `{"c${i}": 1}`).join('\n'),
      'there are more than 5000 different names.',
    ],
    [
      'rows that lack most of very many columns',
      `{${Array.from({ length: 4000 }, (_, i) => `"c${i}": 1`).join()}}\n${'{}\n'.repeat(30_000)}`,
      '/data/people: the table has 25001 rows of 4000 columns or more, and at most 100000000 values are read.',
    ],
    ['deep nesting', `{"a": ${'['.repeat(200_000)}`, 'line 1: '],
  ])('refuses %s', async (_, text, sentence) => {
    const said = await refusal(text);
    expect(said).toMatch(sentence);
    expect(said).not.toMatch('\n');
  });

  test('refuses other encodings', async () => {
    expect(await refusal(Buffer.from('{"a": "M\xfcller"}', 'latin1'))).toMatch('line 1: the text is not UTF-8.');
  });
});

test.each([
  ['an Excel workbook', 'PK\x03\x04', 'this is an Excel workbook or another ZIP archive.'],
  ['gzip', '\x1f\x8b\x08', 'the file is compressed by gzip.'],
  ['Feather', 'ARROW1\0\0', 'this is an Arrow or Feather file.'],
  ['a pickle', '\x80\x04\x95', 'this is a Python pickle, which is code and is never run.'],
  ['an array', '\x93NUMPY\x01', 'this is an array without names of columns.'],
])('refuses %s', async (_, start, sentence) => {
  expect(await refusal(Buffer.from(start, 'latin1'))).toMatch(sentence);
});

test.each(['csv', 'lines'] as const)('text that is changed anywhere is a table or one sentence: %s', async (format) => {
  const random = rng(`changed ${format}`);
  const whole = Buffer.from(stored.same[format]).subarray(0, 3000);
  for (let round = 0; round < 300; round++) {
    const bytes = Uint8Array.from(whole);
    for (let change = 0; change < 3; change++) {
      bytes[Math.floor(random.uniform() * bytes.length)] = Math.floor(random.uniform() * 256);
    }
    const sentence = await refusal(bytes);
    if (sentence !== 'nothing') expect(sentence).toMatch(/^\/data\/people[^\n\u001b]*\.$/);
  }
});

describe('types', () => {
  test.each<[string, readonly (string | null)[], string, readonly (string | null)[]]>([
    ['whole numbers', ['1', '-20', null, '0'], 'integer', ['1', '-20', null, '0']],
    ['numbers in any spelling', ['1.50', '15e-1', '.5', '2'], 'number', ['1.5', '1.5', '0.5', '2']],
    ['numbers that are all whole', ['1.0', '2'], 'integer', ['1', '2']],
    ['digits that are a code', ['007', '123'], 'text', ['007', '123']],
    ['more digits than a number has', ['0.1234567890123456789'], 'number', ['0.1234567890123456789']],
    ['truth in any spelling', ['True', 'FALSE'], 'boolean', ['true', 'false']],
    ['dates', ['2024-02-29'], 'date', ['2024-02-29']],
    ['dates that are none', ['2023-02-29'], 'text', ['2023-02-29']],
    [
      'times',
      ['2024-02-29 10:00', '2024-02-29T10:00:00.500+00:00'],
      'timestamp',
      ['2024-02-29T10:00:00', '2024-02-29T10:00:00.5Z'],
    ],
    ['times that are all midnight', ['2024-02-29 00:00:00'], 'date', ['2024-02-29']],
    ['hours that are none', ['2024-02-29 24:00'], 'text', ['2024-02-29 24:00']],
    ['what has nothing in common', ['1', 'x'], 'text', ['1', 'x']],
    [
      'words that programs take for numbers',
      ['NaN', 'Infinity', '0x10', '1_000'],
      'text',
      ['NaN', 'Infinity', '0x10', '1_000'],
    ],
    ['spaces', [' 1'], 'text', [' 1']],
    ['nothing at all', [null, null], 'text', [null, null]],
  ])('%s', (_, values, type, canonical) => {
    expect(typed(values)).toEqual({ type, values: canonical });
  });
});
