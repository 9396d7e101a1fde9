/**
 * Maximum distance to average vector: parts records into groups of at least k that are near each other (MDAV-generic, Domingo-Ferrer
 * & Torra 2005, doi:10.1007/s10618-005-0007-5, algorithm 1, after Domingo-Ferrer & Mateo-Sanz 2002, doi:10.1109/69.979982).
 *
 * While there are 3k records: the one farthest from their mean with the k - 1 nearest to it are a group, and so is, of the others, the
 * farthest from that record with the k - 1 nearest to it. Of 2k to 3k - 1 the first such group is taken, the rest is another. Fewer
 * are one group, whole. Of records equally far or near the first is taken. Time in proportion to rows^2 / k times dimensions.
 *
 * @param points row-major, `dimensions` numbers a record
 * @returns the group of each record, numbered as they are formed
 */
export function mdavGroups(points: Float64Array, dimensions: number, k: number): Int32Array {
  const groupOf = new Int32Array(points.length / dimensions);
  const left = new Remaining(points, dimensions);
  let groups = 0;
  while (left.count >= 2 * k) {
    const hasSecond = left.count >= 3 * k;
    const farthest = left.pointAt(left.farthestFrom(left.mean()));
    const first = left.nearestTo(farthest, k);
    left.take(first, groupOf, groups++);
    if (!hasSecond) continue;
    const opposite = left.pointAt(left.farthestFrom(farthest));
    left.take(left.nearestTo(opposite, k), groupOf, groups++);
  }
  left.takeAll(groupOf, groups);
  return groupOf;
}

/** Records that are in no group yet, side by side and in their first order. */
class Remaining {
  count: number;
  private readonly points: Float64Array;
  private readonly rows: Int32Array;

  constructor(
    points: Float64Array,
    private readonly dimensions: number,
  ) {
    this.points = points.slice();
    this.count = points.length / dimensions;
    this.rows = new Int32Array(this.count);
    for (let row = 0; row < this.count; row++) this.rows[row] = row;
  }

  pointAt(place: number): Float64Array {
    return this.points.slice(place * this.dimensions, (place + 1) * this.dimensions);
  }

  mean(): Float64Array {
    const { points, dimensions, count } = this;
    const sums = new Float64Array(dimensions);
    for (let i = 0, place = 0; place < count; place++) {
      for (let d = 0; d < dimensions; d++, i++) sums[d] = (sums[d] ?? 0) + (points[i] ?? 0);
    }
    return sums.map((sum) => sum / count);
  }

  farthestFrom(point: Float64Array): number {
    let farthest = 0;
    let largest = -1;
    for (let place = 0; place < this.count; place++) {
      const distance = this.distance(place, point);
      if (distance > largest) {
        largest = distance;
        farthest = place;
      }
    }
    return farthest;
  }

  /** The places of the `size` nearest, ascending. */
  nearestTo(point: Float64Array, size: number): Int32Array {
    const places = new Int32Array(size);
    const distances = new Float64Array(size).fill(Infinity);
    let limit = Infinity;
    for (let place = 0; place < this.count; place++) {
      const distance = this.distance(place, point);
      if (distance >= limit) continue;
      let at = size - 1;
      for (; at > 0 && (distances[at - 1] ?? 0) > distance; at--) {
        distances[at] = distances[at - 1] ?? 0;
        places[at] = places[at - 1] ?? 0;
      }
      distances[at] = distance;
      places[at] = place;
      limit = distances[size - 1] ?? 0;
    }
    return places.sort();
  }

  /** Takes records out, and writes down their group. */
  take(places: Int32Array, groupOf: Int32Array, group: number): void {
    const { points, dimensions, rows } = this;
    let kept = places[0] ?? 0;
    for (const [i, place] of places.entries()) {
      groupOf[rows[place] ?? 0] = group;
      const next = places[i + 1] ?? this.count;
      rows.copyWithin(kept, place + 1, next);
      points.copyWithin(kept * dimensions, (place + 1) * dimensions, next * dimensions);
      kept += next - place - 1;
    }
    this.count = kept;
  }

  takeAll(groupOf: Int32Array, group: number): void {
    for (let place = 0; place < this.count; place++) groupOf[this.rows[place] ?? 0] = group;
    this.count = 0;
  }

  /** Squared and Euclidean. */
  private distance(place: number, point: Float64Array): number {
    const { points, dimensions } = this;
    let sum = 0;
    for (let d = 0, i = place * dimensions; d < dimensions; d++, i++) {
      const difference = (points[i] ?? 0) - (point[d] ?? 0);
      sum += difference * difference;
    }
    return sum;
  }
}
