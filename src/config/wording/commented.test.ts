import { parse } from 'jsonc-parser';
import { commented } from './commented.js';

describe('commented', () => {
  test('writes objects in objects, values on one line, and comments above what they are about', () => {
    const text = commented([
      { comments: ['At first.'] },
      { key: 'a', value: { list: [1, 'x', null], empty: {} }, comments: ['About a.', 'And more.'] },
      { key: 'b', members: [{ key: 'c', value: true }, { comments: ['At last.'] }] },
    ]);
    expect(text).toBe(`{
  // At first.
  // About a.
  // And more.
  "a": { "list": [1, "x", null], "empty": {} },
  "b": {
    "c": true
    // At last.
  }
}
`);
  });

  test('breaks long comments between words', () => {
    const words = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ');
    const lines = commented([{ comments: [words] }])
      .split('\n')
      .slice(1, -2);
    expect(lines.every((line) => line.startsWith('  // ') && line.length <= 105)).toBe(true);
    expect(lines.map((line) => line.slice(5)).join(' ')).toBe(words);
  });

  test('no comment ends its line and goes on as JSON', () => {
    const text = commented([{ key: 'a', value: 1, comments: ['x\n"b": 2,\r"c": 3,\u2028"d": 4,'] }]);
    expect(parse(text)).toEqual({ a: 1 });
  });
});
