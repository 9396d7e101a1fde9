import type { Domain } from '#target/domain';
import type { TargetInput } from './types.js';
import { resourcesFor } from './resources.js';

const file = { file: 'model.onnx' } as TargetInput['config'];

function rows(kind: Domain['kind'], shape: readonly number[], batchSize = 128): number {
  const facts = { domain: { kind, shape } } as TargetInput['facts'];
  return resourcesFor({ threads: 2, batchSize }, { config: file, facts }).batchSize;
}

test('as many values run at once, whatever one input has: 2^17 by default, and of texts 2^12 tokens', () => {
  expect(rows('tabular', [30])).toBe(4369);
  expect(rows('image', [1, 32, 32])).toBe(128);
  expect(rows('image', [1, 28, 28])).toBe(167);
  expect(rows('text', [512])).toBe(8);
  expect(rows('text', [64])).toBe(64);
});

test('of large pictures enough to keep the threads busy, and never more than `execution.batchSize`', () => {
  expect(rows('image', [3, 224, 224])).toBe(16);
  expect(rows('image', [3, 224, 224], 4)).toBe(4);
  expect(rows('text', [4096], 1)).toBe(1);
});

test('who lowers `execution.batchSize` for memory lowers all of them', () => {
  expect(rows('tabular', [30], 1)).toBe(34);
  expect(rows('text', [64], 16)).toBe(8);
});

test('an endpoint or module is asked for as many rows as its config says', () => {
  const config = { module: 'model.mjs' } as unknown as TargetInput['config'];
  const facts = { domain: { kind: 'tabular', shape: [30] } } as unknown as TargetInput['facts'];
  expect(resourcesFor({ threads: 1, batchSize: 128 }, { config, facts }).batchSize).toBe(128);
});
