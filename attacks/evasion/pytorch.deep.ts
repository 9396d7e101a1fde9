import { randomStreams } from '#stats/random';
import { runPgd } from './pgd.js';
import { fashion, TORCH_OPTIONS, torchRun } from '../../test/fashion.js';

test.each(['fashion-cnn', 'fashion-cnn-robust'])(
  'the robust accuracy of %s under PGD is within 0.2 points of what PyTorch finds',
  async (model) => {
    const { target, samples } = await fashion(model, 1000);
    const { epsilons } = await runPgd(target, samples, TORCH_OPTIONS, randomStreams(0, 'peer'));
    const survived = epsilons[0]!.outcomes.filter(({ fate }) => fate === 'survived').length;
    const broken = new Set(torchRun(model).broken).size;
    expect(Math.abs(survived - (1000 - broken))).toBeLessThanOrEqual(2);
    await target.dispose();
  },
);
