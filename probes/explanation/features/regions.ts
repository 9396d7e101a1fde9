/** A picture as SLIC sees it: colours in which equal distances look equally large. */
export interface ColourPlanes {
  readonly height: number;
  readonly width: number;
  /** One a channel, row by row; each in about 0 to 100. */
  readonly planes: readonly Float64Array[];
}

/** Of each pixel, row by row, the region that it is in. */
export interface Regions {
  readonly of: Int32Array;
  readonly count: number;
}

/** Rows and columns of cells as near to squares, and to the number asked for, as the picture allows. */
function cellsOf(height: number, width: number, regions: number): { rows: number; columns: number } {
  const side = Math.sqrt((height * width) / Math.max(1, regions));
  const within = (length: number) => Math.max(1, Math.min(length, Math.round(length / side)));
  return { rows: within(height), columns: within(width) };
}

/** A grid of nearly equal cells. */
export function gridRegions(height: number, width: number, regions: number): Regions {
  const { rows, columns } = cellsOf(height, width, regions);
  const of = new Int32Array(height * width);
  for (let y = 0, pixel = 0; y < height; y++) {
    const first = Math.floor((y * rows) / height) * columns;
    for (let x = 0; x < width; x++, pixel++) of[pixel] = first + Math.floor((x * columns) / width);
  }
  return { of, count: rows * columns };
}

const ROUNDS = 10;

/**
 * Super-pixels by SLIC (Achanta et al. 2012, doi:10.1109/TPAMI.2012.120): k-means over colour and place, each mean looking
 * no further than two cells of the grid on which it began, and then small fragments joined to a neighbour. Means begin in
 * the middle of their cells, not at the lowest gradient near it.
 *
 * @param regions how many are asked for; about as many come out
 * @param compactness how much place weighs against colour, in units of colour at a distance of one cell
 */
export function slicRegions(picture: ColourPlanes, regions: number, compactness: number): Regions {
  const { height, width } = picture;
  const { rows, columns } = cellsOf(height, width, regions);
  const step = Math.sqrt((height * width) / (rows * columns));
  const labels = gridRegions(height, width, regions).of;
  const means = meansOf(picture, labels, rows * columns);
  const place = (compactness / step) ** 2;
  for (let round = 0; round < ROUNDS; round++) {
    const nearest = new Float64Array(labels.length).fill(Infinity);
    for (let mean = 0; mean < rows * columns; mean++) claim(picture, means, mean, { step, place, nearest, labels });
    update(picture, labels, means);
  }
  return joinFragments(labels, height, width, (step * step) / 4);
}

/** [means, row, column and a value a plane] */
interface Means {
  readonly width: number;
  readonly values: Float64Array;
}

interface Claims {
  readonly step: number;
  /** What a squared distance of one pixel weighs. */
  readonly place: number;
  /** Of each pixel the squared distance to the nearest mean so far. */
  readonly nearest: Float64Array;
  readonly labels: Int32Array;
}

function meansOf(picture: ColourPlanes, labels: Int32Array, count: number): Means {
  const width = picture.planes.length + 2;
  const means = { width, values: new Float64Array(count * width) };
  update(picture, labels, means);
  return means;
}

/** Gives a mean the pixels around it that are nearer to it than to those before. */
function claim({ height, width, planes }: ColourPlanes, means: Means, mean: number, claims: Claims): void {
  const { step, place, nearest, labels } = claims;
  const at = mean * means.width;
  const [row = NaN, column = NaN] = means.values.subarray(at, at + 2);
  const bottom = Math.min(height - 1, Math.floor(row + step));
  const right = Math.min(width - 1, Math.floor(column + step));
  for (let y = Math.max(0, Math.ceil(row - step)); y <= bottom; y++) {
    for (let x = Math.max(0, Math.ceil(column - step)); x <= right; x++) {
      const pixel = y * width + x;
      let distance = place * ((y - row) ** 2 + (x - column) ** 2);
      for (let plane = 0; plane < planes.length; plane++) {
        distance += ((planes[plane]?.[pixel] ?? NaN) - (means.values[at + 2 + plane] ?? NaN)) ** 2;
      }
      if (distance < (nearest[pixel] ?? NaN)) {
        nearest[pixel] = distance;
        labels[pixel] = mean;
      }
    }
  }
}

/** Moves each mean to the middle of its pixels; one without pixels stays. */
function update({ width, planes }: ColourPlanes, labels: Int32Array, means: Means): void {
  const sums = new Float64Array(means.values.length);
  const counts = new Int32Array(means.values.length / means.width);
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const mean = labels[pixel] ?? 0;
    const at = mean * means.width;
    counts[mean] = (counts[mean] ?? 0) + 1;
    sums[at] = (sums[at] ?? NaN) + Math.floor(pixel / width);
    sums[at + 1] = (sums[at + 1] ?? NaN) + (pixel % width);
    for (let plane = 0; plane < planes.length; plane++) {
      sums[at + 2 + plane] = (sums[at + 2 + plane] ?? NaN) + (planes[plane]?.[pixel] ?? NaN);
    }
  }
  for (let i = 0; i < sums.length; i++) {
    const count = counts[Math.floor(i / means.width)] ?? 0;
    if (count > 0) means.values[i] = (sums[i] ?? NaN) / count;
  }
}

/** Every connected piece becomes a region of its own, but one smaller than `least` pixels joins the region beside it. */
function joinFragments(labels: Int32Array, height: number, width: number, least: number): Regions {
  const of = new Int32Array(labels.length).fill(-1);
  const piece = new Int32Array(labels.length);
  let count = 0;
  for (let start = 0; start < labels.length; start++) {
    if (of[start] !== -1) continue;
    const beside = start % width > 0 ? of[start - 1] : of[start - width];
    let end = 1;
    piece[0] = start;
    of[start] = count;
    const reach = (pixel: number) => {
      if (of[pixel] !== -1 || labels[pixel] !== labels[start]) return;
      of[pixel] = count;
      piece[end++] = pixel;
    };
    for (let i = 0; i < end; i++) {
      const pixel = piece[i] ?? 0;
      if (pixel % width > 0) reach(pixel - 1);
      if (pixel % width < width - 1) reach(pixel + 1);
      if (pixel >= width) reach(pixel - width);
      if (pixel < (height - 1) * width) reach(pixel + width);
    }
    if (end >= least || beside === undefined) count++;
    else for (let i = 0; i < end; i++) of[piece[i] ?? 0] = beside;
  }
  return { of, count };
}
