import { join } from 'node:path';
import { storeSamples, loadSamples } from '#data/load-samples';
import { releaseSamples, sourceOf } from '#data/streams/stored-samples';
import { writeNpy } from '#data/write-npy';
import type { RunContext } from '#plugin/plugin';
import { linearTarget } from '#target/linear';
import { memoryContext } from '#testing/context';
import { temporaryFolder } from '../../../test/temporary-folder.js';
import { pgd } from '../pgd.js';

const COUNT = 600;
const SHAPE = [1, 4, 4];
const KEEP = 6;

/** Two chunks of 256 and one of 88: of each, all that are right fall. */
async function setting() {
  const bytes = Uint8Array.from({ length: COUNT * 16 }, (_, i) => (i * 2_654_435_761) >>> 24);
  const weights = [0, 1].map((k) => Float64Array.from({ length: 16 }, (_, i) => Math.cos(5 * i + k)));
  const target = linearTarget(weights, [0, 0], { head: { kind: 'classes', count: 2 }, shape: SHAPE });
  const labels = Uint8Array.from({ length: COUNT }, (_, i) => (i % 3 === 0 ? 1 : 0));
  const folder = temporaryFolder({
    'x.npy': writeNpy([COUNT, ...SHAPE], bytes),
    'y.npy': writeNpy([COUNT], labels),
  });
  const files = { inputs: join(folder, 'x.npy'), labels: join(folder, 'y.npy'), scale: 1 / 255 };
  const { samples } = await loadSamples(files, target, 3);
  const { stored } = await storeSamples(files, target, 3, { heldBytes: 0 });
  return { target, samples, stored };
}

test('samples that are read from a file chunk by chunk give the same evidence as samples in memory', async () => {
  const { target, samples, stored } = await setting();
  expect(stored.inputs.kind).toBe('file');
  const configured = pgd({ norm: 'Linf', epsilons: [0.02, 0.5], steps: 5, restarts: 1, trust: { samples: 0 } });
  const context = () => memoryContext(configured, target, samples, { keep: KEEP });
  const inMemory = await configured.plugin.run(context());
  const kept: number[] = [];
  const step: RunContext<unknown>['step'] = async (name, compute) => {
    const value = await context().step(name, compute);
    const changed = value.arrays['changed'];
    if (changed !== undefined) kept.push(changed.length / 16);
    return value;
  };
  const streamed = await configured.plugin.run({ ...context(), test: sourceOf(stored), step });
  expect(streamed).toEqual(inMemory);
  expect(streamed.examples).toHaveLength(KEEP);
  // What is kept of the chunks before leaves room for few of a chunk, and its checkpoint holds no more than those.
  expect(kept).toHaveLength(3);
  expect(kept[0]).toBe(KEEP);
  expect((kept[1] ?? NaN) + (kept[2] ?? NaN)).toBeLessThan(2 * KEEP);
  // Each example has memory of its own: a view would hold its whole chunk.
  for (const { original, changed } of streamed.examples ?? []) {
    expect([original.buffer.byteLength, changed.buffer.byteLength]).toEqual([64, 64]);
  }
  releaseSamples(stored);
});
