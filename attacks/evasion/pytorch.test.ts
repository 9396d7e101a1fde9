import { randomStreams } from '#stats/random';
import { runPgd } from './pgd.js';
import { fashion, TORCH_OPTIONS, torchRun } from '../../test/fashion.js';

test.each([
  ['fashion-cnn', 200],
  ['fashion-cnn-robust', 60],
])('PGD on %s breaks the images that PyTorch breaks (%p images)', async (model, count) => {
  const { target, samples } = await fashion(model, count);
  const { epsilons } = await runPgd(target, samples, TORCH_OPTIONS, randomStreams(0, 'peer'));
  const torch = torchRun(model);
  const lost = new Set(torch.broken);
  const differing = epsilons[0]!.outcomes.filter(({ fate }, i) => (fate !== 'survived') !== lost.has(i));
  expect(epsilons[0]!.outcomes.flatMap(({ fate }, i) => (fate === 'misclassified' ? [i] : []))).toEqual(
    torch.misclassified.filter((i) => i < count),
  );
  // Signs of gradients within rounding of zero may differ; at most one image in a hundred is that close.
  expect(differing.length).toBeLessThanOrEqual(count / 100);
  await target.dispose();
});
