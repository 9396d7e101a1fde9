import { GraphBuilder } from './graph/builder.js';
import type { Graph } from './graph/ir.js';
import { BLOCKED } from './passes/blocked/domain.js';
import { encodeModel } from './proto/codec.js';
import { createSession, floatsOf } from './session.js';
import { untyped } from './tracing.js';

const CHANNELS = 64;

let known: Promise<number | null> | undefined;

/** Lanes of this processor's blocked kernels, found by trying once; null where the runtime has none. */
export function blockSize(): Promise<number | null> {
  known ??= probe();
  return known;
}

/**
 * Reorders [1, 64, 1, 2] with the values 0, 1, 2, ...: two values of one channel are neighbours before, and a block
 * apart after.
 */
async function probe(): Promise<number | null> {
  const builder = new GraphBuilder(EMPTY);
  const blocked = builder.add(BLOCKED, 'ReorderInput', ['x'], new Map());
  try {
    const model = encodeModel(builder.build([untyped(blocked)]));
    const session = await createSession(model, { threads: 1, optimization: 'none' });
    const data = Float32Array.from({ length: 2 * CHANNELS }, (_, i) => i);
    const results = await session.run({ x: { type: 'float32', shape: [1, CHANNELS, 1, 2], data } }, [blocked]);
    await session.dispose();
    const block = floatsOf(blocked, results.get(blocked)).indexOf(1);
    return block > 1 && CHANNELS % block === 0 ? block : null;
  } catch {
    return null;
  }
}

const EMPTY: Graph = {
  name: 'probe',
  irVersion: 9,
  opsets: new Map([
    ['', 20],
    [BLOCKED, 1],
  ]),
  inputs: [{ name: 'x', type: 'float32', shape: [1, CHANNELS, 1, 2] }],
  outputs: [],
  nodes: [],
  constants: new Map(),
  functions: [],
};
