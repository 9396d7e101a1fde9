import { fashion } from '../../test/fashion.js';
import { runCarliniWagner } from './carlini-wagner.js';
import { runDdn } from './ddn.js';
import { runFmn } from './fmn.js';
import type { AttackResult } from './search/result.js';
import './minimum-norm.test.js';

/** Of the samples that are right when clean. */
function medianOf({ closest }: AttackResult): number {
  const found = (closest?.distances ?? []).filter((distance) => distance > 0).sort((a, b) => a - b);
  return found[Math.floor(found.length / 2)] ?? NaN;
}

test('three ways to look for the least change in L2 agree on the median to 5 %', async () => {
  const { target, samples } = await fashion('fashion-cnn', 50);
  const common = { norm: 'L2', epsilons: 1 } as const;
  const medians = [
    await runDdn(target, samples, { ...common, steps: 300, gamma: 0.05 }),
    await runFmn(target, samples, { ...common, steps: 300, stepSize: 1, gamma: 0.05 }),
    await runCarliniWagner(target, samples, {
      ...{ ...common, searchSteps: 9, steps: 300, learningRate: 0.01 },
      ...{ firstConstant: 0.001, confidence: 0, earlyStop: true },
    }),
  ].map(medianOf);
  process.stdout.write(
    `Medians of DDN, FMN and Carlini & Wagner: ${medians.map((each) => each.toFixed(4)).join(', ')}\n`,
  );
  expect(Math.max(...medians) / Math.min(...medians)).toBeLessThanOrEqual(1.05);
});
