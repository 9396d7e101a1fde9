import type { MapSummary } from './details.js';
import { readIndexed, writeBits, writeIndexed } from './indexed-png.js';

/**
 * Signed maps as pictures: a palette PNG of one value a pixel, from which the values can be read again. What an index
 * stands for is the same in every file; its colour is the palette's, so that a page can bring maps to one scale.
 */

export interface HeatMap {
  readonly width: number;
  readonly height: number;
  /** One a pixel, row by row: 0 to 254 from `-scale` to `scale`, 127 nothing, 255 not a number. */
  readonly indices: Uint8Array;
}

type Rgb = readonly [red: number, green: number, blue: number];

/** Steps from nothing to full colour. */
const STEPS = 127;
const NOT_A_NUMBER = 255;
const NO_NUMBER_COLOUR: Rgb = [0x9a, 0xa4, 0xae];

/**
 * Share of the scale and its colour. They darken quickly at first, as the eye sees the first step from white best, and on
 * to the end: lightness alone tells the size. Blue and orange stay apart for eyes that see two colours only.
 */
const ORANGES: readonly (readonly [number, Rgb])[] = [
  [0, [0xff, 0xff, 0xff]],
  [0.12, [0xfc, 0xdd, 0xbf]],
  [0.4, [0xf0, 0xa3, 0x5e]],
  [0.7, [0xc4, 0x66, 0x0b]],
  [1, [0x7c, 0x3a, 0x00]],
];
const BLUES: readonly (readonly [number, Rgb])[] = [
  [0, [0xff, 0xff, 0xff]],
  [0.12, [0xcf, 0xe2, 0xff]],
  [0.4, [0x79, 0xb0, 0xff]],
  [0.7, [0x1f, 0x6f, 0xeb]],
  [1, [0x0b, 0x3b, 0x8c]],
];

/** The colour of a share of the scale, -1 to 1: blue below nothing, white at it, orange above. Beyond the ends it is theirs. */
export function heatColour(share: number): Rgb {
  const size = Math.min(1, Math.abs(share));
  const stops = share < 0 ? BLUES : ORANGES;
  const next = Math.max(
    1,
    stops.findIndex(([end]) => size <= end),
  );
  const [from, start] = stops[next - 1] ?? [0, [255, 255, 255]];
  const [to, end] = stops[next] ?? [1, [255, 255, 255]];
  const part = (size - from) / (to - from);
  const channel = (i: 0 | 1 | 2) => Math.round(start[i] + part * (end[i] - start[i]));
  return [channel(0), channel(1), channel(2)];
}

/**
 * A map of one value a pixel, row by row, as a PNG file: within half a step of 127 up to `scale`, beyond which values are
 * drawn as the scale's ends.
 */
export function writeHeatMap(values: ArrayLike<number>, width: number, height: number, scale: number): Uint8Array {
  const indices = new Uint8Array(width * height);
  for (let pixel = 0; pixel < indices.length; pixel++) indices[pixel] = indexOf(values[pixel] ?? 0, scale);
  return writeIndexed({ width, height, pixels: indices, palette: palette(1) });
}

/** The map that `writeHeatMap` wrote; null for every other file. */
export function readHeatMap(bytes: Uint8Array): HeatMap | null {
  const png = readIndexed(bytes);
  if (png === null || png.palette.length !== 3 * (NOT_A_NUMBER + 1)) return null;
  return { width: png.width, height: png.height, indices: png.pixels };
}

/** What an index stands for; NaN for what was not a number. */
export function heatValue(index: number, scale: number): number {
  return index === NOT_A_NUMBER ? NaN : ((index - STEPS) / STEPS) * scale;
}

/** The map with the colours of another scale: `share` is the map's own scale as a share of it. */
export function recoloured({ width, height, indices }: HeatMap, share: number): Uint8Array {
  return writeIndexed({ width, height, pixels: indices, palette: palette(share) });
}

/** White where the map is negative, black elsewhere: where a page hatches it, so that the sign is seen without colour. */
export function negativeMask({ width, height, indices }: HeatMap): Uint8Array {
  return writeBits(width, height, (pixel) => (indices[pixel] ?? STEPS) < STEPS);
}

/** The map in at most `side` pixels a side, each the mean of those that it stands for. */
export function reducedMap(map: HeatMap, side: number): HeatMap {
  const longest = Math.max(map.width, map.height);
  if (longest <= side) return map;
  const size = (length: number) => Math.max(1, Math.round((length * side) / longest));
  const [width, height] = [size(map.width), size(map.height)];
  const indices = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      indices[y * width + x] = meanIndex(map, cut(x, width, map.width), cut(y, height, map.height));
  }
  return { width, height, indices };
}

/** Cells a side of the grid in which a summary adds up a map. */
const GRID = 4;

/** A map of one value a pixel, row by row, in a few numbers. Values that are not finite count as nothing. */
export function summaryOf(values: ArrayLike<number>, width: number, height: number): MapSummary {
  const [columns, rows] = [Math.min(GRID, width), Math.min(GRID, height)];
  const cells = Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
  let [sum, largest, smallest] = [0, 0, 0];
  const at = { largest: 0, smallest: 0 };
  for (let pixel = 0; pixel < width * height; pixel++) {
    const value = values[pixel] ?? 0;
    if (!Number.isFinite(value)) continue;
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    const row = cells[Math.floor((y * rows) / height)];
    const column = Math.floor((x * columns) / width);
    if (row !== undefined) row[column] = (row[column] ?? 0) + value;
    sum += value;
    if (value > largest) [largest, at.largest] = [value, pixel];
    if (value < smallest) [smallest, at.smallest] = [value, pixel];
  }
  const place = (value: number, pixel: number) => ({ row: Math.floor(pixel / width), column: pixel % width, value });
  const strongest = [place(largest, at.largest), place(smallest, at.smallest)];
  return { sum, cells, strongest: strongest.filter(({ value }) => value !== 0) };
}

function indexOf(value: number, scale: number): number {
  if (Number.isNaN(value)) return NOT_A_NUMBER;
  if (!(scale > 0)) return STEPS;
  return STEPS + Math.max(-STEPS, Math.min(STEPS, Math.round((STEPS * value) / scale)));
}

function palette(share: number): Uint8Array {
  const colours = new Uint8Array(3 * (NOT_A_NUMBER + 1));
  for (let index = 0; index < NOT_A_NUMBER; index++) {
    colours.set(heatColour(((index - STEPS) / STEPS) * share), 3 * index);
  }
  colours.set(NO_NUMBER_COLOUR, 3 * NOT_A_NUMBER);
  return colours;
}

/** The source pixels [from, to) that one target pixel stands for. */
function cut(index: number, small: number, whole: number): readonly [number, number] {
  const from = Math.floor((index * whole) / small);
  return [from, Math.max(from + 1, Math.floor(((index + 1) * whole) / small))];
}

function meanIndex(
  { width, indices }: HeatMap,
  [left, right]: readonly [number, number],
  [top, bottom]: readonly [number, number],
): number {
  let [sum, count] = [0, 0];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const index = indices[y * width + x] ?? STEPS;
      if (index === NOT_A_NUMBER) continue;
      sum += index;
      count++;
    }
  }
  return count === 0 ? NOT_A_NUMBER : Math.round(sum / count);
}
