import { digestOfBytes } from '#base/digest';
import { rng } from '#stats/random';
import { readTable } from '../read-table.js';
import type { Table } from '../table.js';

function read(text: string | Uint8Array): Promise<Table> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return readTable({ path: '/data/people.arff', bytes, digest: digestOfBytes(bytes) }, { roles: {} });
}

const refusal = (text: string | Uint8Array): Promise<string> =>
  read(text).then(
    () => 'nothing',
    (thrown: unknown) => (thrown as Error).message,
  );
const valuesOf = (table: Table) => Object.fromEntries(table.columns.map(({ name, values }) => [name, values]));

/** With two attributes, in front of data. */
const two = (data: string) => `@relation r\n@attribute n numeric\n@attribute c {x,'y z',"it's"}\n@data\n${data}`;

describe('ARFF', () => {
  test('is the same table as its CSV', async () => {
    const arff = `% Of Weka\n\n@RELATION 'people of 2024'\n@Attribute name string\n@ATTRIBUTE 'full age' Integer\n@attribute sex {m, f}\n@attribute born date "dd.MM.yyyy"\n@attribute seen DATE\n@DATA\n'Ada, L.',36,f,10.12.1815,"2024-01-02T03:04:05"\n% in between\nAlan , 041, m , 23.06.1912, ?\n?,?,?,?,?\n`;
    const csv = `name,full age,sex,born,seen\n"Ada, L.",36,f,1815-12-10,2024-01-02T03:04:05\nAlan,41,m,1912-06-23,\n,,,,\n`;
    const [one, other] = [await read(arff), await read(csv)];
    expect(one).toEqual(other);
    expect(one.columns.map(({ type }) => type)).toEqual(['text', 'integer', 'text', 'date', 'timestamp']);
  });

  test.each([
    ['commas or spaces between values', '1,x\n2 x\n3\tx\n', { n: ['1', '2', '3'], c: ['x', 'x', 'x'] }],
    [
      'quotes and what they escape',
      `1,'y z'\n2,"it's"\n3,'it\\'s'\n`,
      { n: ['1', '2', '3'], c: ['y z', "it's", "it's"] },
    ],
    ['comments behind a row', '1,x % one\n%\n', { n: ['1'], c: ['x'] }],
    ['missing values', '?,x\n1,?\n', { n: [null, '1'], c: ['x', null] }],
    [
      'numbers in any spelling',
      '+1.50,x\n.5,x\n1e3,x\nNaN,x\n',
      { n: ['1.5', '0.5', '1000', null], c: Array(4).fill('x') },
    ],
    ['weights of rows', '1,x,{5}\n2,x {0.5}\n', { n: ['1', '2'], c: ['x', 'x'] }],
    [
      'sparse rows: what is left out is zero or the first value',
      "{0 7, 1 'y z'}\n{}\n{1 ?}\n{0 2},{3}\n",
      { n: ['7', '0', '0', '2'], c: ['y z', 'x', null, 'x'] },
    ],
    ['no rows', '', { n: [], c: [] }],
    ['Windows line breaks', '1,x\r\n', { n: ['1'], c: ['x'] }],
  ])('reads %s', async (_, data, values) => {
    expect(valuesOf(await read(two(data)))).toEqual(values);
  });

  test('reads weights of attributes, and Latin-1', async () => {
    const text = '@relation r\n@attribute a numeric {0.5}\n@attribute b {M\xfcller} {2}\n@data\n1,M\xfcller\n';
    expect(valuesOf(await read(Buffer.from(text, 'latin1')))).toEqual({ a: ['1'], b: ['Müller'] });
  });

  test.each([
    [
      'a value that is not declared',
      two('1,q\n'),
      '/data/people.arff, line 5: the attribute "c" has the value "q", which is none of its 3 declared ones ("x", "y z", "it\'s").',
    ],
    ['a word for a number', two('q,x\n'), 'line 5: "q" is no number.'],
    ['too few values', two('1\n'), 'line 5: the row has 1 value and there are 2 attributes.'],
    ['too many values', two('1,x,x\n'), 'line 5: the row has 3 values and there are 2 attributes.'],
    ['an empty value', two('1,,x\n'), 'line 5: there is no value before a comma; a missing one is written as ?.'],
    ['an open quote', two("1,'x\n2,x\n"), 'line 5: a quote that was opened is not closed before the line ends.'],
    ['text behind a quote', two("1,'x'y\n"), 'a closing quote is followed by something else than a comma or a space.'],
    ['a quote in a value', two("1,x'y\n"), 'a quote stands in the middle of a value that is not quoted.'],
    ['an open sparse row', two('{0 1\n'), 'a sparse row is not closed by } on the same line.'],
    ['an index that is none', two('{2 1}\n'), 'indices from 0 to 1; this one has "2".'],
    ['indices in disorder', two('{1 x, 0 1}\n'), 'the indices of a sparse row ascend, and 0 stands behind 1.'],
    ['an index twice', two('{0 1, 0 1}\n'), 'the indices of a sparse row ascend'],
    ['a weight that is none', two('1,x,{q}\n'), 'behind the values of a row there is only its weight, as in {5}.'],
    [
      'a sparse row without its text',
      '@relation r\n@attribute t string\n@data\n{}\n',
      'line 4: a sparse row leaves out the attribute "t", which has no zero; write ?.',
    ],
    [
      'relational attributes',
      '@relation r\n@attribute bag relational\n@attribute x numeric\n@end bag\n@data\n',
      'line 2: the attribute "bag" is relational: each of its values is a table.',
    ],
    [
      'unknown types',
      '@relation r\n@attribute a money\n',
      'the attribute "a" has the type "money", which is none of ARFF.',
    ],
    ['no type', '@relation r\n@attribute a\n', 'line 2: the attribute "a" has no type.'],
    ['no values', '@relation r\n@attribute a {}\n', 'the attribute "a" declares no values.'],
    ['values over several lines', '@relation r\n@attribute a {x,\ny}\n', 'are not closed by } on the same line.'],
    ['no data', '@relation r\n@attribute a real\n', '/data/people.arff: the file has no @data. It is cut off.'],
    ['no attributes', '@relation r\n@data\n1\n', 'line 2: there is no attribute before @data.'],
    [
      'two attributes of one name',
      '@relation r\n@attribute a real\n@attribute a real\n@data\n',
      'two columns are named "a".',
    ],
    ['other keywords', '@relation r\n@inputs a\n', 'line 2: before @data there are only @relation and @attribute.'],
    [
      'a date that is none',
      '@relation r\n@attribute d date yyyy-MM-dd\n@data\n2023-02-29\n',
      '"2023-02-29" is no date in the format',
    ],
    ['date formats with names', '@relation r\n@attribute d date "d MMM yyyy"\n', 'has MMM, which is not read.'],
    ['date formats of two digits', '@relation r\n@attribute d date "dd.MM.yy"\n', 'has yy, which is not read.'],
    ['a line without end', two(`1,${'x'.repeat(3 << 20)}`), 'line 5: the line is longer than 1048576 bytes.'],
    ['UTF-16', Buffer.from('\uFEFF@relation r\n', 'utf16le'), 'the file is UTF-16.'],
  ])('refuses %s', async (_, text, sentence) => {
    const said = await refusal(text);
    expect(said).toContain(sentence);
    expect(said).not.toContain('\n');
  });

  test('a CSV of the same first sign is none', async () => {
    expect(valuesOf(await read('%share,@relation\n1,2\n'))).toEqual({ '%share': ['1'], '@relation': ['2'] });
  });

  test('that is changed anywhere is a table or one sentence', async () => {
    const random = rng('changed arff');
    const whole = Buffer.from(two(`1,x\n{0 5, 1 'y z'}\n2,"it's",{3}\n`).repeat(1));
    for (let round = 0; round < 300; round++) {
      const bytes = Uint8Array.from(whole);
      for (let change = 0; change < 2; change++) {
        bytes[Math.floor(random.uniform() * bytes.length)] = Math.floor(random.uniform() * 256);
      }
      const sentence = await refusal(bytes);
      if (sentence !== 'nothing') expect(sentence).toMatch(/^\/data\/people\.arff[^\n\u001b]*\.$/);
    }
  });
});
