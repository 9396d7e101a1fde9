import { labelsOf } from '#target/head';
import { linearTarget } from '#target/linear';
import type { Samples } from '#target/target';
import { WorstCase } from './worst-case.js';

const head = { kind: 'classes', count: 2 } as const;
const target = linearTarget([Float64Array.of(1), Float64Array.of(0)], [0, 0], { head, shape: [1], range: [-10, 10] });
const samples: Samples = {
  inputs: { shape: [1, 1], data: Float32Array.of(4) },
  labels: labelsOf([0]),
  indices: [0],
};

/** What is kept of iterates whose scores are given, as they are recorded in turn. */
async function kept(iterates: readonly (readonly [input: number, score: number])[]) {
  const search = await WorstCase.begin(target, samples);
  search.enter(10);
  for (const [input, score] of iterates) {
    const inputs = { shape: [1, 1], data: Float32Array.of(input) };
    search.recordScores({ positions: [0], inputs }, { shape: [1, 2], data: Float32Array.of(score, 0) });
    // Whoever records may write over what it handed in.
    inputs.data.fill(99);
  }
  const { inputs, outcomes } = search.leave(10);
  return [inputs.data[0], outcomes[0]?.fate];
}

test.each([
  [
    'the least margin while none is wrong',
    [
      [1, 3],
      [2, 1],
      [3, 2],
    ],
    [2, 'survived'],
  ],
  [
    'the first of equal margins',
    [
      [1, 2],
      [2, 2],
    ],
    [1, 'survived'],
  ],
  [
    'the first that is wrong, though others are further from right',
    [
      [1, 3],
      [2, -1],
      [3, -5],
    ],
    [2, 'broken'],
  ],
  [
    'scores that are no numbers, which are wrong',
    [
      [1, 3],
      [2, NaN],
      [3, -1],
    ],
    [2, 'broken'],
  ],
] as const)('kept is %s', async (_, iterates, expected) => {
  expect(await kept(iterates)).toEqual(expected);
});
