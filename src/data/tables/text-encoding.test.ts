import { rng } from '#stats/random';
import { decodeText, EncodingScan, type EncodingOption } from './text-encoding.js';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

function encodingOf(bytes: Uint8Array, option: EncodingOption = 'auto'): string {
  const scan = new EncodingScan('/data/people.csv', option);
  try {
    scan.add(bytes);
    return scan.encoding();
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

describe('an encoding is told', () => {
  test.each<[string, Uint8Array, string]>([
    ['ASCII', Buffer.from('a,b\n1,2\n'), 'utf-8'],
    ['UTF-8', Buffer.from('name\nMüller\n日本語\n😀\n'), 'utf-8'],
    ['UTF-8 with a byte order mark', Buffer.from('\uFEFFname\nMüller\n'), 'utf-8'],
    ['German in Latin-1', latin1('name\nM\xfcller\nStra\xdfe\nAdem\n'), 'latin-1'],
    ['French in windows-1252, with quotes and a euro', latin1('prix\n\x93d\xe9j\xe0\x94 5 \x80\n'), 'latin-1'],
    [
      'Latin-1 where two characters are one of UTF-8 by chance',
      latin1(`caf\xe9\n${'caf\xe9 '.repeat(30)}\nCAF\xc9\x92S\n`),
      'latin-1',
    ],
  ])('%s', (_, bytes, encoding) => {
    expect(encodingOf(bytes)).toBe(encoding);
  });

  const both = Buffer.concat([Buffer.from('name\nMüller\n'), latin1('J\xfcrgen\n')]);

  test.each<[string, Uint8Array, EncodingOption, string]>([
    [
      'UTF-8 with a stray byte',
      both,
      'auto',
      '/data/people.csv, line 3: the byte 0xfc is not UTF-8, which the rest of the file is. Save the file as UTF-8; or set `encoding` to "latin-1", if all of it is.',
    ],
    [
      'a byte order mark before Latin-1',
      Buffer.concat([Buffer.from('\uFEFF'), latin1('J\xfcrgen\n')]),
      'auto',
      'line 1: the byte 0xfc is not UTF-8, which the rest of the file is.',
    ],
    [
      'Russian in windows-1251',
      latin1('name\n\xcf\xf0\xe8\xe2\xe5\xf2\n'),
      'auto',
      '/data/people.csv, line 2: the text is not UTF-8, and has more such characters in a row than words of Latin-1 have.',
    ],
    [
      'bytes that are no character of Latin-1',
      latin1('\xe9\n\x81\n'),
      'auto',
      'line 2: the text is not UTF-8, and Latin-1 has no character 0x81.',
    ],
    ['Latin-1 that is declared as UTF-8', latin1('a\nM\xfcller'), 'utf-8', 'line 2: the text is not UTF-8.'],
    [
      'UTF-8 by its mark that is declared as Latin-1',
      Buffer.from('\uFEFFa\n'),
      'latin-1',
      'the file begins with the byte order mark of UTF-8, and `encoding` is "latin-1". Leave `encoding` out.',
    ],
    ['UTF-16', Buffer.from('\uFEFFa', 'utf16le'), 'latin-1', 'the file is UTF-16. Save it as UTF-8.'],
    ['zero bytes', Uint8Array.of(0x61, 0, 0x62), 'latin-1', 'this is not a text file: it holds zero bytes.'],
  ])('or refused: %s', (_, bytes, option, sentence) => {
    expect(encodingOf(bytes, option)).toContain(sentence);
  });

  test('what is declared as Latin-1 is taken as it', () => {
    expect(encodingOf(both, 'latin-1')).toBe('latin-1');
  });

  test('whatever the blocks of lines are', () => {
    const lines = [Buffer.from('name\n'), latin1('M\xfcller\n'), Buffer.from('Adem\n'), latin1('\xe9\n')];
    const scan = new EncodingScan('', 'auto');
    for (const line of lines) scan.add(line);
    expect(scan.encoding()).toBe(encodingOf(Buffer.concat(lines)));
    expect(scan.linesRead).toBe(4);
  });

  test('random bytes are an encoding or one sentence', () => {
    const random = rng('encodings');
    for (let round = 0; round < 300; round++) {
      const bytes = Uint8Array.from({ length: 1 + (round % 40) }, () => 1 + Math.floor(random.uniform() * 255));
      expect(encodingOf(bytes)).toMatch(/^(utf-8|latin-1|[^\n]*\.)$/);
    }
  });
});

test('Latin-1 is windows-1252, as browsers have it', () => {
  // The decoder of Node is no oracle: some versions take it for ISO 8859-1. These are rows of the standard's own table.
  const rows: readonly (readonly [number, string])[] = [
    ...([
      [0x80, '€'],
      [0x85, '…'],
      [0x8a, 'Š'],
      [0x8e, 'Ž'],
      [0x91, '‘'],
      [0x99, '™'],
      [0x9f, 'Ÿ'],
    ] as const),
    ...([
      [0x81, '\x81'],
      [0x9d, '\x9d'],
      [0xa0, '\xa0'],
      [0xe9, 'é'],
      [0xff, 'ÿ'],
    ] as const),
  ];
  expect(
    decodeText(
      Uint8Array.from(rows, ([byte]) => byte),
      'latin-1',
    ),
  ).toBe(rows.map(([, text]) => text).join(''));
});
