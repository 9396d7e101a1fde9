import { largestEvidence } from './size.js';
import { plannedRun } from './testing/planned.js';
import { cellOf, registryOf } from './testing/share.js';
import type { TargetInput } from './types.js';

test('is two inputs of the domain for each that is kept, in each cell that runs on samples', () => {
  const cells = [
    { ...cellOf('test/a'), data: ['test'] as const },
    { ...cellOf('test/b'), data: ['table'] as const },
    { ...cellOf('test/c', {}, { kind: 'not-run', because: '' }), data: ['test'] as const },
  ];
  const planned = plannedRun('/out', cells, registryOf());
  const target = { facts: { domain: { shape: [1, 28, 28] } } } as unknown as TargetInput;
  const keep = 64;
  expect(planned.loaded.config.keep).toBe(keep);
  expect(largestEvidence({ ...planned, inputs: { ...planned.inputs, target } })).toBe(keep * 2 * 784 * 4);
  expect(largestEvidence(planned)).toBe(0);
});
