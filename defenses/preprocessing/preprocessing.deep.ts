import { memoryContext } from '#testing/index';
import { fashion } from '../../test/fashion.js';
import { bitDepth } from './bit-depth.js';
import { shareOf, type PreprocessingData } from './evaluation/data.js';
import { featureSqueezing } from './feature-squeezing.js';
import { jpeg } from './jpeg.js';
import { smoothing } from './smoothing.js';

const options = { epsilons: 0.1 };

// Attacks take long where most samples survive them.
describe.each([
  ['fashion-cnn', 1000],
  ['fashion-cnn-robust', 200],
] as const)('%s, %i images at full power', (model, images) => {
  test.each([bitDepth(options), smoothing(options), jpeg(options), featureSqueezing(options)])(
    '$plugin.id gains hardly more than no defense',
    async ({ plugin, options: own }) => {
      const { target, samples } = await fashion(model, images);
      const { data } = await plugin.run(memoryContext({ plugin, options: own }, target, samples));
      const [at] = (data as PreprocessingData).epsilons;
      expect(shareOf(at?.adaptive ?? '') - shareOf(at?.bare ?? '')).toBeLessThanOrEqual(0.02);
      await target.dispose();
    },
    1_200_000,
  );
});
