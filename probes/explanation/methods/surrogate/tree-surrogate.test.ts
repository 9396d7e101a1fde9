import { rng } from '#stats/random';
import type { TreeData } from '#stats/tree/split';
import { leavesOf, type Tree } from '#stats/tree/tree';
import { chosenTree } from './tree-surrogate.js';

function columns(rows: readonly (readonly number[])[]): Float64Array[] {
  return rows[0]!.map((_, j) => Float64Array.from(rows, (row) => row[j]!));
}

function dataOf(rows: readonly (readonly number[])[], answers: readonly number[], classes: number | null): TreeData {
  return { values: columns(rows), answers: Float64Array.from(answers), classes };
}

function splitsOf(tree: Tree): [number, number][] {
  if (tree.kind === 'leaf') return [];
  return [[tree.position, tree.threshold], ...splitsOf(tree.atMost), ...splitsOf(tree.above)];
}

describe('a size by cross-validation', () => {
  const source = rng('tree size');
  const rows = Array.from({ length: 300 }, () => [source.uniform(), source.uniform(), source.uniform()]);
  const planted = rows.map(([a, b]) => (a! <= 0.5 ? 0 : b! <= 0.25 ? 1 : 2));

  test('a planted tree of three leaves is found, though 32 are allowed', () => {
    const tree = chosenTree(dataOf(rows, planted, 3), { maximumLeaves: 32, minimumRows: 5 }, 5, rng('folds'));
    expect(leavesOf(tree)).toBe(3);
    const [first, second] = splitsOf(tree);
    expect([first![0], second![0]]).toEqual([0, 1]);
    // Rows lie about 1/300 apart along the first column, 1/150 along the second.
    expect(Math.abs(first![1] - 0.5)).toBeLessThan(0.02);
    expect(Math.abs(second![1] - 0.25)).toBeLessThan(0.04);
  });

  test('answers that depend on nothing get no branch, but for chance', () => {
    const branches = Array.from({ length: 20 }, (_, k) => {
      const data = dataOf(
        rows.slice(0, 100),
        Array.from({ length: 100 }, () => source.normal()),
        null,
      );
      return chosenTree(data, { maximumLeaves: 8, minimumRows: 5 }, 5, rng(`folds ${k}`)).kind;
    });
    expect(branches.filter((kind) => kind === 'branch').length).toBeLessThanOrEqual(4);
  });
});
