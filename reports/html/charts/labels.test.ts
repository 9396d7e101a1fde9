import { fitted, wrapped } from './labels.js';

describe('names in charts', () => {
  test('what fits stays as it is', () => {
    expect(fitted('Under attack', 120, 12)).toBe('Under attack');
    expect(wrapped('Random noise of the same size', 120, 12, 3)).toEqual(['Random noise of', 'the same size']);
  });

  test('wide characters take more room than narrow ones', () => {
    const kept = (character: string) => Array.from(fitted(character.repeat(100), 120, 12)).length;
    expect(kept('样')).toBeLessThan(kept('A'));
    expect(kept('A')).toBeLessThan(kept('a'));
    // A Chinese character is as wide as the font is high: ten of them fill 120 px at 12 px, the ellipsis included.
    expect(kept('样')).toBeLessThanOrEqual(10);
  });

  test('no character is cut in half', () => {
    expect(fitted('😀'.repeat(50), 120, 12)).not.toMatch(/\p{Cs}/u);
  });

  test('at most so many lines, the last one cut', () => {
    const lines = wrapped('word '.repeat(60), 88, 12, 3);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/…$/);
  });
});
