import pc from 'picocolors';
import { pairs, table } from './table.js';
import { oneLine, widthOf, wrap } from './text.js';

const { red } = pc.createColors(true);

describe('table', () => {
  test('aligns columns by what is visible, and leaves no space at the end of a line', () => {
    const text = table(
      [{ label: 'audit' }, { label: 'n', align: 'right' }, { label: 'note' }],
      [
        [red('evasion/pgd'), '1,000', ''],
        ['a', '7', 'short'],
      ],
    );
    expect(text.split('\n')).toEqual([
      'audit            n  note',
      `${red('evasion/pgd')}  1,000`,
      'a                7  short',
    ]);
  });

  test('of nothing is its labels', () => {
    expect(table([{ label: 'a' }, { label: 'b' }], [])).toBe('a  b');
  });

  test('pairs stand in two columns', () => {
    expect(
      pairs([
        ['node', '20'],
        ['system', 'linux'],
      ]),
    ).toBe('node    20\nsystem  linux');
  });
});

describe('text', () => {
  test('from outside cannot move the cursor, hide, or break the line', () => {
    expect(oneLine('a\u001b[2Jb\u202Ec\nd')).toBe('a\\u{001B}[2Jb\\u{202E}c d');
  });

  test('is as wide as its characters, without colours', () => {
    expect(widthOf(red('✕ failed'))).toBe(8);
  });

  test('wraps between words and never within one', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('abcdefghij k', 4)).toEqual(['abcdefghij', 'k']);
    expect(wrap('', 4)).toEqual([]);
  });
});
