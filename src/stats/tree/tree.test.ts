import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { bestSplit, impurityOf, type TreeData } from './split.js';
import { answerOf, growTree, leavesOf, pathOf, topOf, type Tree } from './tree.js';

interface Oracle {
  readonly x: readonly (readonly number[])[];
  readonly fresh: readonly (readonly number[])[];
  readonly numbers: readonly number[];
  readonly classes: readonly number[];
  readonly trees: Readonly<
    Record<
      'classes' | 'numbers',
      readonly {
        readonly leaves: number;
        readonly splits: readonly (readonly [number, number])[];
        readonly answers: readonly number[];
      }[]
    >
  >;
}

const oracle = JSON.parse(readFileSync(join(packageRoot(), 'fixtures/explanations/global.json'), 'utf8')) as Oracle;

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

function sorted(splits: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  return [...splits].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

describe('the trees of scikit-learn', () => {
  const cases = [
    ...oracle.trees.classes.map((tree) => ({ tree, data: dataOf(oracle.x, oracle.classes, 3) })),
    ...oracle.trees.numbers.map((tree) => ({ tree, data: dataOf(oracle.x, oracle.numbers, null) })),
  ];
  test.each(cases)('$tree.leaves leaves', ({ tree: expected, data }) => {
    const tree = growTree(data, { maximumLeaves: expected.leaves, minimumRows: 3 });
    expect(leavesOf(tree)).toBe(expected.leaves);
    sorted(splitsOf(tree)).forEach(([position, threshold], k) => {
      expect(position).toBe(sorted(expected.splits)[k]![0]);
      // Scikit-learn's inputs are float32.
      expect(Math.abs(threshold - sorted(expected.splits)[k]![1])).toBeLessThan(1e-6);
    });
    oracle.fresh.forEach((row, i) => {
      expect(Math.abs(answerOf(tree, row) - expected.answers[i]!)).toBeLessThan(1e-9);
    });
  });
});

test('a tree with fewer leaves is the top of one with more', () => {
  const data = dataOf(oracle.x, oracle.numbers, null);
  const large = growTree(data, { maximumLeaves: 20, minimumRows: 3 });
  for (const leaves of [1, 2, 7, 20]) {
    const grown = growTree(data, { maximumLeaves: leaves, minimumRows: 3 });
    expect(topOf(large, leaves)).toEqual(grown);
    for (const row of oracle.fresh) expect(answerOf(large, row, leaves)).toBe(answerOf(grown, row));
  }
});

test('the path of an input ends in the leaf that answers it, and each step holds for it', () => {
  const tree = growTree(dataOf(oracle.x, oracle.classes, 3), { maximumLeaves: 9, minimumRows: 3 });
  for (const row of oracle.fresh) {
    const path = pathOf(tree, row);
    expect(path[0]).toBe(tree);
    expect(path.at(-1)).toMatchObject({ kind: 'leaf', answer: answerOf(tree, row) });
    path.forEach((node, i) => {
      if (node.kind === 'leaf') return;
      expect(path[i + 1]).toBe(row[node.position]! <= node.threshold ? node.atMost : node.above);
    });
  }
});

test('rows of leaves add up, none has fewer than the least, and purity is the share of the answer', () => {
  const data = dataOf(oracle.x, oracle.classes, 3);
  const leaves: Tree[] = [];
  const walk = (tree: Tree): void => {
    if (tree.kind === 'leaf') leaves.push(tree);
    else [tree.atMost, tree.above].forEach(walk);
  };
  const tree = growTree(data, { maximumLeaves: 32, minimumRows: 5 });
  walk(tree);
  expect(leaves.reduce((sum, { rows }) => sum + rows, 0)).toBe(120);
  expect(Math.min(...leaves.map(({ rows }) => rows))).toBeGreaterThanOrEqual(5);
  const right = oracle.x.filter((row, i) => answerOf(tree, row) === oracle.classes[i]).length;
  expect(leaves.reduce((sum, { rows, purity }) => sum + rows * purity!, 0)).toBeCloseTo(right, 9);
});

describe('splits', () => {
  const rows = Int32Array.of(0, 1, 2, 3);

  test('Gini: 2 and 2 of two classes are 4 - 2 rows of impurity, and the middle takes it all', () => {
    const data = dataOf([[1], [2], [4], [7]], [0, 0, 1, 1], 2);
    expect(impurityOf(data, rows)).toBe(2);
    expect(bestSplit(data, rows, 1)).toEqual({ position: 0, threshold: 3, gain: 2 });
  });

  test('variance: the gain is the sum of squares between the two means', () => {
    const data = dataOf([[1], [2], [4], [7]], [10, 10, 13, 15], null);
    expect(impurityOf(data, rows)).toBe(18);
    expect(bestSplit(data, rows, 1)).toEqual({ position: 0, threshold: 3, gain: 16 });
  });

  test('no split where nothing differs, or too few rows are left', () => {
    expect(bestSplit(dataOf([[1], [1], [1], [1]], [0, 1, 0, 1], 2), rows, 1)).toBeNull();
    expect(bestSplit(dataOf([[1], [2], [3], [4]], [1, 1, 1, 1], 2), rows, 1)).toBeNull();
    expect(bestSplit(dataOf([[1], [2], [3], [4]], [0, 1, 1, 1], 2), rows, 3)).toBeNull();
  });

  test('answers far from 0 do not drown the gain', () => {
    const shifted = dataOf([[1], [2], [4], [7]], [10 + 1e9, 10 + 1e9, 13 + 1e9, 15 + 1e9], null);
    expect(bestSplit(shifted, rows, 1)?.gain).toBe(16);
  });

  test('neighbours without a number between them are still told apart', () => {
    const above = 1 + 2 ** -52;
    const data = dataOf([[1], [1], [above], [above]], [0, 0, 1, 1], 2);
    expect(bestSplit(data, rows, 1)?.threshold).toBe(1);
  });
});
