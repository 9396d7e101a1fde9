/**
 * The assignment of rows to columns of a square matrix with the largest sum: for each row its column. By shortest augmenting paths
 * with potentials (Kuhn 1955, Tomizawa 1971), in the cube of the size.
 *
 * @param gain of row and column, finite
 */
export function bestAssignment(size: number, gain: (row: number, column: number) => number): number[] {
  const rowOf = new Int32Array(size + 1).fill(-1);
  const rowPotential = new Float64Array(size);
  const columnPotential = new Float64Array(size + 1);
  // The last column stands for the row that is being placed.
  const start = size;
  for (let row = 0; row < size; row++) {
    rowOf[start] = row;
    const path = shortestPath(size, gain, { rowOf, rowPotential, columnPotential, start });
    for (let column = path.end; column !== start;) {
      const before = path.before[column] ?? start;
      rowOf[column] = rowOf[before] ?? -1;
      column = before;
    }
  }
  const columns = Array.from({ length: size }, () => -1);
  for (let column = 0; column < size; column++) columns[rowOf[column] ?? -1] = column;
  return columns;
}

interface Matching {
  readonly rowOf: Int32Array;
  readonly rowPotential: Float64Array;
  readonly columnPotential: Float64Array;
  readonly start: number;
}

/** Dijkstra's search from the row at `start` to the nearest free column, over reduced costs; moves the potentials along. */
function shortestPath(
  size: number,
  gain: (row: number, column: number) => number,
  { rowOf, rowPotential, columnPotential, start }: Matching,
): { readonly end: number; readonly before: Int32Array } {
  const distance = new Float64Array(size).fill(Infinity);
  const before = new Int32Array(size).fill(start);
  const done = new Uint8Array(size + 1);
  let at = start;
  while (rowOf[at] !== -1) {
    done[at] = 1;
    const row = rowOf[at] ?? 0;
    let step = Infinity;
    let next = start;
    for (let column = 0; column < size; column++) {
      if (done[column] === 1) continue;
      const cost = -gain(row, column) - (rowPotential[row] ?? 0) - (columnPotential[column] ?? 0);
      if (cost < (distance[column] ?? Infinity)) {
        distance[column] = cost;
        before[column] = at;
      }
      if ((distance[column] ?? Infinity) < step) {
        step = distance[column] ?? Infinity;
        next = column;
      }
    }
    for (let column = 0; column <= size; column++) {
      if (done[column] === 1) {
        const own = rowOf[column] ?? 0;
        rowPotential[own] = (rowPotential[own] ?? 0) + step;
        columnPotential[column] = (columnPotential[column] ?? 0) - step;
      } else if (column < size) distance[column] = (distance[column] ?? 0) - step;
    }
    at = next;
  }
  return { end: at, before };
}
