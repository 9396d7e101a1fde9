import { rng } from '#stats/random';
import { LineBlocks } from './line-blocks.js';

const tooLong = () => {
  throw new RangeError('too long');
};

test('blocks are whole lines and together the text, whatever its parts', () => {
  const random = rng('blocks');
  for (let round = 0; round < 200; round++) {
    const text = Array.from({ length: 20 }, () => 'é'.repeat(Math.floor(random.uniform() * 30))).join('\n');
    const bytes = Buffer.from(text);
    const blocks = new LineBlocks(Infinity, tooLong);
    const taken: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + Math.floor(random.uniform() * 25);
      taken.push(...blocks.add(bytes.subarray(at, end)));
      at = end;
    }
    expect(taken.every((block) => block.at(-1) === 0x0a)).toBe(true);
    taken.push(...blocks.end());
    expect(Buffer.concat(taken).toString()).toBe(text);
  }
});

test('a line that is too long is refused before it is put together', () => {
  const blocks = new LineBlocks(10, tooLong);
  expect([...blocks.add(Buffer.from('a\n1234567890'))]).toHaveLength(1);
  expect(() => [...blocks.add(Buffer.from('1'))]).toThrow('too long');
});
