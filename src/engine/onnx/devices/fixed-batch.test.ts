import type { EngineSpec } from '../../contract.js';
import { executedBatch, fixedBatchNote, withFixedBatch } from './fixed-batch.js';

const spec = (device: EngineSpec['device'], batchSize: number): EngineSpec => ({
  head: 'classes',
  output: null,
  normalization: { axis: 0, mean: [0], std: [1] },
  probe: { shape: [0], data: new Float32Array() },
  resources: { threads: 1, batchSize },
  ...(device === undefined ? {} : { device }),
});

test('on the CPU samples run in the number that is asked for', () => {
  for (const device of [undefined, 'cpu'] as const) {
    expect(withFixedBatch(spec(device, 7)).resources.batchSize).toBe(7);
    expect(executedBatch(spec(device, 7), 'dynamic', 7)).toBe('dynamic');
    expect(fixedBatchNote(spec(device, 7), 'dynamic')).toEqual([]);
  }
});

test('on a GPU they run in one number, whatever is asked for, and the report says so', () => {
  for (const device of ['webgpu', 'cuda'] as const) {
    const sizes = [1, 7, 1000].map((size) => withFixedBatch(spec(device, size)).resources.batchSize);
    expect(new Set(sizes).size).toBe(1);
    expect(executedBatch(spec(device, 7), 'dynamic', 7)).toBe(7);
    expect(fixedBatchNote(spec(device, 7), 'dynamic')).toEqual([
      expect.stringContaining(`on ${device} samples run in batches`),
    ]);
  }
});

test('the batch that a file asks for stays', () => {
  expect(executedBatch(spec('webgpu', 7), 3, 7)).toBe(3);
  expect(fixedBatchNote(spec('webgpu', 7), 3)).toEqual([]);
});
