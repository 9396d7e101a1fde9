import { float32Constant } from '../graph/constants.js';
import type { Graph } from '../graph/ir.js';
import { openOnnxModel } from '../index.js';
import { graphOf, linearModel, modelOf, specOf } from '../../../../test/linear-model.js';

const small = linearModel([[1], [2]], [0]);

async function copiesOf(model = small, threads = 2, sample: readonly number[] = [2], batchSize = 8): Promise<number> {
  const opened = await openOnnxModel(model, { ...specOf('binary', sample), resources: { threads, batchSize } });
  await opened.dispose();
  return opened.copies.length;
}

/** y = x W, and what `more` adds to it. */
function product(inputs: number, more: readonly { op: string; output: string }[] = []): Graph {
  const terms = more.map(({ output }) => output);
  return graphOf({
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['p'] },
      ...more.map(({ op, output }) => ({ op, inputs: ['p'], outputs: [output] })),
      { op: 'Sum', inputs: ['p', ...terms], outputs: ['y'] },
    ],
    constants: new Map([['w', float32Constant([inputs, 1], new Array<number>(inputs).fill(0.001))]]),
    inputShape: ['n', inputs],
    outputShape: ['n', 1],
  });
}

test.each([
  [1, 0],
  [2, 2],
  [3, 3],
  [9, 4],
])('with %i threads a small model has %i copies', async (threads, copies) => {
  expect(await copiesOf(small, threads)).toBe(copies);
});

test('the more memory a copy takes, the fewer there are', async () => {
  const values = 2 ** 18;
  const copies = (batchSize: number): Promise<number> => copiesOf(modelOf(product(values)), 4, [values], batchSize);
  // A sample takes 1 MiB, all copies together at most 256.
  expect(await copies(32)).toBe(4);
  expect(await copies(100)).toBe(2);
  expect(await copies(200)).toBe(0);
});

test('a model that draws random numbers has none: who comes first would decide who gets which', async () => {
  const noisy = modelOf(product(2, [{ op: 'RandomNormalLike', output: 'noise' }]));
  expect(await copiesOf(noisy)).toBe(0);
});

test('a model without gradients has none', async () => {
  const steps = graphOf({
    nodes: [
      { op: 'Sign', inputs: ['x'], outputs: ['s'] },
      { op: 'ReduceSum', inputs: ['s', 'axes'], outputs: ['y'] },
    ],
    constants: new Map([
      ['axes', { type: 'int64', shape: [1], bytes: new Uint8Array(new BigInt64Array([1n]).buffer) }],
    ]),
    inputShape: ['n', 2],
    outputShape: ['n', 1],
  });
  expect(await copiesOf(modelOf(steps))).toBe(0);
});
