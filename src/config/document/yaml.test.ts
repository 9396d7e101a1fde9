import { Source } from './document.js';
import { parseYaml } from './yaml.js';

const MOST = 256 * 1024;
const parse = (text: string) => parseYaml(new Source({ path: '/c.yaml', name: 'c.yaml', code: 'config' }, text));

/** Texts of the largest size that is read, each of which once stopped a YAML parser by time, memory or stack. */
const HOSTILE: readonly (readonly [what: string, text: string])[] = [
  ['compact sequences', '- '.repeat(MOST / 2)],
  ['compact keys', '? '.repeat(MOST / 2)],
  ['compact sequences and keys', '- ? '.repeat(MOST / 4)],
  ['open lists', '['.repeat(MOST)],
  ['open objects', '{a: '.repeat(MOST / 4)],
  ['stairs', Array.from({ length: 700 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ['anchors on one line', '&a '.repeat(Math.floor(MOST / 3))],
];

describe('hostile YAML', () => {
  // 10 s on a busy machine; each takes well under 2 s on an idle one.
  test.each(HOSTILE)(
    '%s are refused in time',
    (_, text) => {
      expect(() => parse(text)).toThrow(expect.objectContaining({ name: 'AssayError', code: 'config' }) as Error);
    },
    10_000,
  );

  test('20,000 keys in one object are read in linear time', () => {
    const text = Array.from({ length: 20_000 }, (_, key) => `k${key}: 1`).join('\n');
    expect(Object.keys(parse(text).value as object)).toHaveLength(20_000);
  }, 10_000);

  test('an alias may repeat a list, but not without bounds', () => {
    expect(parse('a: &a [1, 2]\nb: *a').value).toEqual({ a: [1, 2], b: [1, 2] });
    const bomb = Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} [${i === 0 ? 1 : `*a${i - 1}, *a${i - 1}`}]`);
    expect(() => parse(bomb.join('\n'))).toThrow('c.yaml: its aliases stand for more than 100 values.');
  });

  test('64 levels are read and 65 are not', () => {
    const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    expect(() => parse(nested(64))).not.toThrow();
    expect(() => parse(nested(200))).toThrow('nest deeper than 64 levels here');
  });
});

describe('YAML 1.2', () => {
  test('yes is a text and 010 is ten', () => {
    expect(parse('a: yes\nb: 010\nc: 2027-01-31\nd: ~').value).toEqual({ a: 'yes', b: 10, c: '2027-01-31', d: null });
  });

  test('keys are texts', () => {
    expect(parse('1: a\ntrue: b\nnull: c').value).toEqual({ 1: 'a', true: 'b', null: 'c' });
  });

  test('what lies behind an alias has the place of the alias', () => {
    const { positions } = parse('a: &a\n  x: 1\nb: *a\n');
    expect(positions.get('["a","x"]')).toEqual({ line: 2, column: 3 });
    expect(positions.get('["b"]')).toEqual({ line: 3, column: 1 });
    expect(positions.has('["b","x"]')).toBe(false);
  });
});
