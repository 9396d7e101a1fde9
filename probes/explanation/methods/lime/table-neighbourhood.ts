import { row, rowsOf, type Tensor } from '#base/tensor';
import type { Rng } from '#stats/random';
import type { TableColumn, TabularDomain } from '#target/domain';
import { columnsOf, positionsOf } from '#target/table-domain';
import type { Neighbourhood } from './lime.js';

/** Rows around a row of a table, which is the first of them. */
export interface TableNeighbourhood extends Neighbourhood {
  /** [rows, ...shape], in the units of the domain. */
  readonly inputs: Tensor;
}

export interface TableNeighbourhoodOptions {
  readonly rows: number;
  /** Whether the local model sees only if a number is in the same quartile as the sample's. */
  readonly discretize: boolean;
}

/** How one column is drawn, and what the local model sees of it. */
interface ColumnDraw {
  readonly draw: (into: Float32Array) => void;
  readonly seen: (values: Float32Array) => number;
}

/**
 * Every column is drawn on its own, as lime has it for tables. Discretized, it takes its value from a row of the background,
 * and the local model sees whether that is of the sample's quartile (lime draws the quartile likewise, and in it a
 * normal number instead of a real one). Otherwise numbers are normal with the background's mean and spread, and the local model
 * sees them in units of that spread. Of a category it always sees whether it is the sample's.
 *
 * @param sample [1, ...shape]
 * @param background [rows, ...shape]
 */
export function tableNeighbourhood(
  domain: TabularDomain,
  sample: Tensor,
  background: Tensor,
  { rows, discretize }: TableNeighbourhoodOptions,
  source: Rng,
): TableNeighbourhood {
  const own = row(sample, 0);
  const draws = columnsOf(domain).map((column) =>
    discretize || column.kind === 'one-hot'
      ? likeOrUnlike(column, own, background, source)
      : normalDraw(column.position, background, source),
  );
  const columns = draws.length;
  const inputs: Tensor = { shape: [rows, ...sample.shape.slice(1)], data: new Float32Array(rows * own.length) };
  const values = new Float64Array(rows * columns);
  const distances = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const input = row(inputs, i);
    input.set(own);
    let square = 0;
    draws.forEach(({ draw, seen }, column) => {
      if (i > 0) draw(input);
      const value = seen(input);
      values[i * columns + column] = value;
      square += (value - (values[column] ?? NaN)) ** 2;
    });
    distances[i] = Math.sqrt(square);
  }
  return { columns, values, distances, inputs };
}

/** 1 for values of the sample's quartile or category, 0 for others. */
function likeOrUnlike(column: TableColumn, sample: Float32Array, background: Tensor, source: Rng): ColumnDraw {
  const positions = positionsOf(column);
  const count = rowsOf(background);
  const quartiles = column.kind === 'one-hot' ? null : quartilesOf(background, column.position);
  const bin = (values: Float32Array) =>
    quartiles === null
      ? positions.findIndex((position) => (values[position] ?? NaN) > 0.5)
      : quartiles.filter((quartile) => quartile < (values[positions[0] ?? 0] ?? NaN)).length;
  const own = bin(sample);
  return {
    draw(into) {
      const drawn = row(background, source.integer(count));
      for (const position of positions) into[position] = drawn[position] ?? NaN;
    },
    seen: (values) => (bin(values) === own ? 1 : 0),
  };
}

function normalDraw(position: number, background: Tensor, source: Rng): ColumnDraw {
  const values = columnOf(background, position);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const spread = variance > 0 ? Math.sqrt(variance) : 1;
  return {
    draw: (into) => (into[position] = mean + spread * source.normal()),
    seen: (input) => ((input[position] ?? NaN) - mean) / spread,
  };
}

/** Between values they are linear (Hyndman & Fan 1996, type 7). */
function quartilesOf(background: Tensor, position: number): number[] {
  const sorted = columnOf(background, position).sort();
  return [0.25, 0.5, 0.75].map((share) => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const [a = NaN, b = a] = [sorted[below], sorted[below + 1]];
    return a + (place - below) * (b - a);
  });
}

function columnOf(background: Tensor, position: number): Float64Array {
  return Float64Array.from({ length: rowsOf(background) }, (_, i) => row(background, i)[position] ?? NaN);
}
