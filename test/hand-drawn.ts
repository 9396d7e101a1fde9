/** Symbols as a hand draws them on the canvas of detypify: white strokes on black, scaled to its size. */
const SIDE = 224;
const MARGIN = 10;
const WIDTH = 8;

type Point = readonly [number, number];

/** By their index among the model's symbols, which `train/infer.json` of the package lists; strokes in any units, y downwards. */
export const SYMBOLS: Readonly<Record<number, readonly (readonly Point[])[]>> = {
  7: [
    [
      [0, 0],
      [60, 100],
    ],
  ],
  25: [
    [
      [0, 0],
      [100, 100],
    ],
    [
      [100, 0],
      [0, 100],
    ],
  ],
  103: [
    [
      [0, 50],
      [100, 50],
    ],
    [
      [70, 25],
      [100, 50],
      [70, 75],
    ],
  ],
  188: [
    [
      [0, 0],
      [0, 100],
    ],
  ],
  192: [
    [
      [0, 100],
      [50, 0],
      [100, 100],
    ],
  ],
  193: [
    [
      [0, 0],
      [50, 100],
      [100, 0],
    ],
  ],
};

/** A picture of strokes, [1, 224, 224] in [0, 1]. */
export function drawn(strokes: readonly (readonly Point[])[]): Float32Array {
  const points = strokes.flat();
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const size = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
  const scale = (SIDE - 2 * MARGIN) / size;
  const centre: Point = [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2];
  const placed = ([x, y]: Point): Point => [(x - centre[0]) * scale + SIDE / 2, (y - centre[1]) * scale + SIDE / 2];
  const segments = strokes.flatMap((stroke) =>
    stroke.slice(1).map((end, i) => [placed(stroke[i] ?? end), placed(end)] as const),
  );
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const at: Point = [(i % SIDE) + 0.5, Math.floor(i / SIDE) + 0.5];
    const distance = Math.min(...segments.map(([from, to]) => distanceTo(at, from, to)));
    return Math.min(1, Math.max(0, WIDTH / 2 + 0.5 - distance));
  });
}

function distanceTo([x, y]: Point, [x0, y0]: Point, [x1, y1]: Point): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const t = Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
}
