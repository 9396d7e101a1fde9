/**
 * The generalizations of a table, one level a column, numbered in mixed radix: the first column changes slowest. A node is below
 * another where no column's level is above the other's.
 */
export class Space {
  readonly size: number;
  private readonly strides: readonly number[];

  /** @param levels how many each column has */
  constructor(readonly levels: readonly number[]) {
    const strides: number[] = [];
    let size = 1;
    for (const count of levels.toReversed()) {
      strides.unshift(size);
      size *= count;
    }
    this.strides = strides;
    this.size = size;
  }

  get columns(): number {
    return this.levels.length;
  }

  /** Everything as general as it gets. */
  top(): Uint8Array {
    return Uint8Array.from(this.levels, (count) => count - 1);
  }

  levelsOf(node: number): Uint8Array {
    const levels = new Uint8Array(this.columns);
    let rest = node;
    for (let column = 0; column < levels.length; column++) {
      const stride = this.strides[column] ?? 1;
      levels[column] = Math.floor(rest / stride);
      rest %= stride;
    }
    return levels;
  }

  nodeOf(levels: Uint8Array): number {
    let node = 0;
    for (let column = 0; column < levels.length; column++) node += (levels[column] ?? 0) * (this.strides[column] ?? 1);
    return node;
  }

  /** Marks a node and all below it. What is below a marked one is marked already. */
  markBelow(node: number, marks: Uint8Array): void {
    if (marks[node] === 1) return;
    marks[node] = 1;
    const left = [node];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      for (let column = 0; column < this.columns; column++) {
        const stride = this.strides[column] ?? 1;
        if (Math.floor(next / stride) % (this.levels[column] ?? 1) === 0) continue;
        const child = next - stride;
        if (marks[child] === 1) continue;
        marks[child] = 1;
        left.push(child);
      }
    }
  }
}

/** The nodes one level below, by column. */
export function childrenOf(levels: Uint8Array): readonly Uint8Array[] {
  const children: Uint8Array[] = [];
  for (let column = 0; column < levels.length; column++) {
    const level = levels[column] ?? 0;
    if (level === 0) continue;
    const child = levels.slice();
    child[column] = level - 1;
    children.push(child);
  }
  return children;
}

export function totalOf(levels: Uint8Array): number {
  return levels.reduce((sum, level) => sum + level, 0);
}
