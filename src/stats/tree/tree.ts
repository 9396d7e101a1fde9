import { bestSplit, countsOf, meanAnswer, ranksOf, type SplitPoint, type TreeData } from './split.js';

export type Tree = Leaf | Branch;

interface Node {
  /** Of those that it was grown on. */
  readonly rows: number;
  /** What most of the rows are answered, or their mean. */
  readonly answer: number;
  /** The share of the rows with that answer; null for numbers. */
  readonly purity: number | null;
}

export interface Leaf extends Node {
  readonly kind: 'leaf';
}

export interface Branch extends Node {
  readonly kind: 'branch';
  readonly position: number;
  readonly threshold: number;
  /** 0 for the split that was made first: with those below k it is the tree of k + 1 leaves. */
  readonly order: number;
  readonly atMost: Tree;
  readonly above: Tree;
}

export interface TreeOptions {
  readonly maximumLeaves: number;
  /** On either side of a split. */
  readonly minimumRows: number;
}

/** A node while the tree grows. */
interface Growing {
  readonly rows: Int32Array;
  readonly split: SplitPoint | null;
  grown: { readonly order: number; readonly atMost: Growing; readonly above: Growing } | null;
}

/**
 * A classification or regression tree (Breiman et al. 1984) that grows best first: of all leaves the one is split whose split
 * gains most (Shi 2007, Best-first Decision Tree Learning), so that the trees with fewer leaves are its own tops.
 */
export function growTree(data: TreeData, { maximumLeaves, minimumRows }: TreeOptions): Tree {
  const ranked = { ...data, ranks: data.values.map(ranksOf) };
  const start = (rows: Int32Array): Growing => ({ rows, split: bestSplit(ranked, rows, minimumRows), grown: null });
  const root = start(Int32Array.from(data.answers, (_, i) => i));
  const leaves = [root];
  for (let order = 0; order < maximumLeaves - 1; order++) {
    const at = mostGain(leaves);
    const leaf = leaves[at];
    if (leaf === undefined || leaf.split === null) break;
    const { position, threshold } = leaf.split;
    const values = data.values[position] ?? [];
    const atMost = start(leaf.rows.filter((i) => (values[i] ?? NaN) <= threshold));
    const above = start(leaf.rows.filter((i) => (values[i] ?? NaN) > threshold));
    leaf.grown = { order, atMost, above };
    leaves.splice(at, 1, atMost, above);
  }
  return finished(data, root);
}

export function leavesOf(tree: Tree): number {
  return tree.kind === 'leaf' ? 1 : leavesOf(tree.atMost) + leavesOf(tree.above);
}

/** The tree as it was when it had so many leaves. */
export function topOf(tree: Tree, leaves: number): Tree {
  if (tree.kind === 'leaf') return tree;
  const { rows, answer, purity, order } = tree;
  if (order >= leaves - 1) return { kind: 'leaf', rows, answer, purity };
  return { ...tree, atMost: topOf(tree.atMost, leaves), above: topOf(tree.above, leaves) };
}

/** From the root to the leaf that an input falls into. */
export function pathOf(tree: Tree, input: ArrayLike<number>): readonly Tree[] {
  const path = [tree];
  for (let node = tree; node.kind === 'branch'; path.push(node)) {
    node = (input[node.position] ?? NaN) <= node.threshold ? node.atMost : node.above;
  }
  return path;
}

/** @param leaves of the tree as it was when it had so many */
export function answerOf(tree: Tree, input: ArrayLike<number>, leaves = Infinity): number {
  let node = tree;
  while (node.kind === 'branch' && node.order < leaves - 1) {
    node = (input[node.position] ?? NaN) <= node.threshold ? node.atMost : node.above;
  }
  return node.answer;
}

/** The first of those that gain most; -1 where none can be split. */
function mostGain(leaves: readonly Growing[]): number {
  let best = -1;
  let most = 0;
  leaves.forEach(({ split }, i) => {
    if (split === null || split.gain <= most) return;
    best = i;
    most = split.gain;
  });
  return best;
}

function finished(data: TreeData, { rows, split, grown }: Growing): Tree {
  const node = { rows: rows.length, ...answered(data, rows) };
  if (grown === null || split === null) return { kind: 'leaf', ...node };
  const { order, atMost, above } = grown;
  const { position, threshold } = split;
  return {
    kind: 'branch',
    ...node,
    ...{ position, threshold, order },
    atMost: finished(data, atMost),
    above: finished(data, above),
  };
}

function answered({ answers, classes }: TreeData, rows: Int32Array): Pick<Node, 'answer' | 'purity'> {
  if (classes === null) return { answer: meanAnswer(answers, rows), purity: null };
  const counts = countsOf(answers, classes, rows);
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  return { answer: counts.indexOf(most), purity: most / rows.length };
}
