import type { Domain } from '#target/domain';
import { affordable } from './budget.js';

const domain = (kind: Domain['kind'], shape: readonly number[]) => ({ kind, shape }) as Domain;

test('what is usual is asked for of ordinary inputs, and less of long texts and large pictures', () => {
  expect(affordable(5000, domain('text', [32]))).toBe(5000);
  expect(affordable(2048, domain('text', [128]))).toBe(2048);
  expect(affordable(2048, domain('text', [512]))).toBe(512);
  expect(affordable(2048, domain('image', [3, 224, 224]))).toBe(2048);
  expect(affordable(2048, domain('image', [3, 600, 600]))).toBe(497);
  expect(affordable(300_000, domain('tabular', [30]))).toBe(300_000);
});

test('one input is asked for at least', () => {
  expect(affordable(2048, domain('text', [2 ** 20]))).toBe(1);
});
