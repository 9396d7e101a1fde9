import type { GraphBuilder } from '../../../graph/builder.js';
import { BLOCKED } from '../../../passes/blocked/domain.js';

/** A blocked value in the plain layout, with as many channels as are meant. */
export function plainLayout(builder: GraphBuilder, blocked: string, channels: number): string {
  return builder.add(BLOCKED, 'ReorderOutput', [blocked], new Map([['channels', { kind: 'int', value: channels }]]));
}
