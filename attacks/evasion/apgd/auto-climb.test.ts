import { rowRange } from '#base/tensor';
import { randomStreams } from '#stats/random';
import type { Samples } from '#target/target';
import { runApgd } from '../apgd.js';
import { byThePaper } from '../../../test/auto-pgd.js';
import { waveSamples, waveTarget } from '../../../test/wave-target.js';
import { checkpoints } from './checkpoints.js';

const NORMS = ['Linf', 'L2', 'L1'] as const;
const LOSSES = ['cross-entropy', 'dlr'] as const;

test('a hundred steps are checked where the paper says, in L1 every four', () => {
  expect([...checkpoints('L2', 100).keys()]).toEqual([22, 41, 57, 70, 80, 87, 93, 99]);
  expect([...checkpoints('Linf', 100).values()]).toEqual([22, 19, 16, 13, 10, 7, 6, 6]);
  expect([...checkpoints('L1', 100).keys()]).toEqual(Array.from({ length: 25 }, (_, i) => 4 * (i + 1)));
});

test('a window is one iterate at least', () => {
  expect([...checkpoints('Linf', 3).keys()]).toEqual([1, 2, 3]);
  expect([...checkpoints('L1', 30).keys()]).toHaveLength(30);
});

describe('the whole walk is that of the papers, in double precision', () => {
  test.each(NORMS.flatMap((norm) => LOSSES.map((loss) => [norm, loss] as const)))('%s, %s', async (norm, loss) => {
    const epsilon = { Linf: 0.03, L2: 0.1, L1: 0.4 }[norm];
    let survivors = 0;
    let returns = 0;
    for (let i = 0; i < 16; i++) {
      const target = waveTarget('paper', 4, 40, 12);
      const sample = one(waveSamples(target, 16), i);
      const options = { norm, loss, epsilons: epsilon, steps: 100, rho: 0.75, restarts: 1, largerRadii: false };
      const { epsilons } = await runApgd(target, sample, options, randomStreams(1, 'paper'));
      if (epsilons[0]!.outcomes[0]!.fate !== 'survived') continue;
      const [, ...walked] = target.seen.map(({ x }) => [...x]);
      const run = { norm, epsilon, steps: 100, loss: { kind: loss, labels: sample.labels.values } } as const;
      const paper = byThePaper(target, [...sample.inputs.data], walked[0] ?? [], run);
      expect(walked).toHaveLength(101);
      const apart = walked.map((x, k) =>
        Math.max(...x.map((value, j) => Math.abs(value - (paper.iterates[k]?.[j] ?? NaN)))),
      );
      survivors++;
      returns += paper.returns.length;
      // Float32 against double: 1e-6, and more where a step goes along a gradient that is almost zero.
      expect(Math.max(...apart)).toBeLessThan(1e-4);
    }
    expect(survivors).toBeGreaterThanOrEqual(3);
    expect(returns).toBeGreaterThanOrEqual(2 * survivors);
  });
});

function one({ inputs, labels, indices }: Samples, i: number): Samples {
  return {
    inputs: rowRange(inputs, i, i + 1),
    labels: { width: 1, values: labels.values.slice(i, i + 1) },
    indices: indices.slice(i, i + 1),
  };
}
