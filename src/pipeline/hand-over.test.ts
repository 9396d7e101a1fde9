import type { StoredSamples } from '#data/streams/stored-samples';
import type { DescribeTask } from './explaining/describe-task.js';
import { handOver } from './hand-over.js';

const stored = (descriptor: number): StoredSamples => ({
  ...{ shape: [1], labels: { width: 1, values: new Float64Array(1) }, indices: [0], groups: [] },
  inputs: { kind: 'file', descriptor, levels: null },
});

test('the inputs that explainers of a model name are inherited like its background, each under a number of its own', () => {
  const task = {
    ...{ kind: 'describe', background: stored(20), explainers: [], seed: 7 },
    inputs: [30, 31].map((descriptor, i) => ({ explainer: 'tcav', name: `${i}`, stored: stored(descriptor) })),
  } as unknown as DescribeTask;
  const { task: handed, descriptors } = handOver(task);
  expect(descriptors).toEqual([20, 30, 31]);
  if (handed.kind !== 'describe') throw new Error('the task stays what it is');
  expect(handed.inputs.map(({ stored: { inputs } }) => inputs)).toMatchObject([{ descriptor: 5 }, { descriptor: 6 }]);
  expect(handed.background.inputs).toMatchObject({ descriptor: 4 });
});
