import type { GraphBuilder } from '../../../graph/builder.js';
import type { Attribute } from '../../../graph/ir.js';
import { BLOCKED } from '../../../passes/blocked/domain.js';

/** A blocked value in the plain layout, with as many channels as are meant. */
export function plainLayout(builder: GraphBuilder, blocked: string, channels: number): string {
  return builder.add(BLOCKED, 'ReorderOutput', [blocked], new Map([['channels', { kind: 'int', value: channels }]]));
}

/** A picture whose positions are channels: those of so many rows and two columns, row by row. */
export interface PhasedPicture {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** That lie in one position of the convolution that gave them. */
  readonly rows: number;
}

/**
 * A picture in the plain layout out of its phases, which are channels in the blocked one: [n, 2 rows channels, height / rows, width / 2],
 * the phases of the first channel in front. With the channels last, both columns are moved at a time; DepthToSpace moves single values.
 * Measured, two rows: 0.2 ms instead of 0.4 for 128 pictures of one channel of 28 x 28, 6.7 instead of 13.5 for 16 of three of 224 x 224.
 */
export function pictureOfPhases(
  builder: GraphBuilder,
  blocked: string,
  { channels, height, width, rows }: PhasedPicture,
): string {
  const attributes = new Map<string, Attribute>([
    ['channels', { kind: 'int', value: 2 * rows * channels }],
    ['channels_last', { kind: 'int', value: 1 }],
  ]);
  const last = builder.add(BLOCKED, 'ReorderOutput', [blocked], attributes);
  const byRow = swapped(builder, last, [width / 2, channels * rows, 2]);
  const byChannel = channels === 1 ? byRow : swapped(builder, byRow, [height / rows, channels, rows * width]);
  return builder.reshape(byChannel, [-1, channels, height, width]);
}

/** [n, a, b, c] -> [n, b, a, c] */
function swapped(builder: GraphBuilder, value: string, sizes: readonly number[]): string {
  return builder.transpose(builder.reshape(value, [-1, ...sizes]), [0, 2, 1, 3]);
}
