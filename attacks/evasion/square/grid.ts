import { sizeOf } from '#base/tensor';
import type { Rng } from '#stats/random';
import type { ContinuousDomain } from '#target/domain';

/**
 * The values of one input as channels of a grid. An image has its own; a table is one channel, whose rows run along the
 * last axis: one row of [8], four rows of [4, 6].
 */
export interface Grid {
  /** Whether values beside each other have to do with each other. */
  readonly isImage: boolean;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** How far neighbours lie from each other in the flat input. */
  readonly channelStride: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** The size of a window: as many rows and columns of every channel. */
export interface Extent {
  readonly height: number;
  readonly width: number;
}

export interface Place {
  readonly top: number;
  readonly left: number;
}

const { floor, min, sqrt } = Math;

export function gridOf(domain: ContinuousDomain): Grid {
  if (domain.kind === 'tabular') {
    const width = domain.shape.at(-1) ?? 1;
    const height = sizeOf(domain.shape.slice(0, -1));
    const strides = { channelStride: height * width, rowStride: width, columnStride: 1 };
    return { isImage: false, channels: 1, height, width, ...strides };
  }
  const [first = 1, second = 1, third = 1] = domain.shape;
  const [channels, height, width] = domain.layout === 'NCHW' ? [first, second, third] : [third, first, second];
  const strides =
    domain.layout === 'NCHW'
      ? { channelStride: height * width, rowStride: width, columnStride: 1 }
      : { channelStride: 1, rowStride: width * channels, columnStride: channels };
  return { isImage: true, channels, height, width, ...strides };
}

/**
 * The window that covers a share of the grid: a square, no longer than the shorter side; of a grid of one row or column,
 * where no square is, a piece of it.
 *
 * @param toSide what becomes of a length that is no whole number
 */
export function extentOf({ height, width }: Grid, share: number, toSide: (length: number) => number): Extent {
  if (height === 1 || width === 1) {
    return { height: min(toSide(share * height), height), width: min(toSide(share * width), width) };
  }
  const side = min(toSide(sqrt(share * height * width)), height, width);
  return { height: side, width: side };
}

/** Any place where the window fits, each as likely as the others, the last row and column included. */
export function drawPlace(grid: Grid, { height, width }: Extent, source: Rng): Place {
  const top = source.integer(grid.height - height + 1);
  return { top, left: source.integer(grid.width - width + 1) };
}

/**
 * Appends the positions of one channel's window to a list, row by row, but those that a second window of the same size
 * has as well.
 *
 * @param count entries of the list so far
 * @returns entries of the list now
 */
export function listWindow(
  grid: Grid,
  channel: number,
  { height, width }: Extent,
  { top, left }: Place,
  list: Int32Array,
  count: number,
  except: Place | null = null,
): number {
  let end = count;
  for (let row = top; row < top + height; row++) {
    const isShared = except !== null && row >= except.top && row < except.top + height;
    let position = channel * grid.channelStride + row * grid.rowStride + left * grid.columnStride;
    for (let column = left; column < left + width; column++, position += grid.columnStride) {
      if (isShared && column >= except.left && column < except.left + width) continue;
      list[end++] = position;
    }
  }
  return end;
}

/** Five tiles along the shorter side of the grid, and along the longer one as many as fit, in its middle. */
export function tilesOf(grid: Grid): { readonly extent: Extent; readonly places: readonly Place[] } {
  const isLine = grid.height === 1 || grid.width === 1;
  const shorter = isLine ? grid.height * grid.width : min(grid.height, grid.width);
  const side = floor(shorter / min(5, shorter));
  const extent = { height: min(side, grid.height), width: min(side, grid.width) };
  const tops = startsOf(grid.height, extent.height, grid.height === shorter);
  const lefts = startsOf(grid.width, extent.width, grid.width === shorter);
  return { extent, places: tops.flatMap((top) => lefts.map((left) => ({ top, left }))) };
}

function startsOf(length: number, side: number, isShorter: boolean): readonly number[] {
  const count = isShorter ? min(5, length) : floor(length / side);
  const first = floor((length - count * side) / 2);
  return Array.from({ length: count }, (_, i) => first + i * side);
}
