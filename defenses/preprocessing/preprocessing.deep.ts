import { memoryContext } from '#testing/index';
import { fashion } from '../../test/fashion.js';
import { bitDepth } from './bit-depth.js';
import { shareOf, type PreprocessingData } from './evaluation/data.js';
import { featureSqueezing } from './feature-squeezing.js';
import { jpeg } from './jpeg.js';
import { smoothing } from './smoothing.js';

const options = { epsilons: 0.1 };

describe.each(['fashion-cnn', 'fashion-cnn-robust'])('%s, at full power', (model) => {
  test.each([bitDepth(options), smoothing(options), jpeg(options), featureSqueezing(options)])(
    '$plugin.id gains at most 2 points over no defense',
    async ({ plugin, options: own }) => {
      const { target, samples } = await fashion(model, 200);
      const { data } = await plugin.run(memoryContext({ plugin, options: own }, target, samples));
      const [at] = (data as PreprocessingData).epsilons;
      expect(shareOf(at?.adaptive ?? '') - shareOf(at?.bare ?? '')).toBeLessThanOrEqual(0.02);
      await target.dispose();
    },
    1_200_000,
  );
});
