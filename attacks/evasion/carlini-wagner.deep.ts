import { describeAttack } from '#testing/index';
import { carliniWagner } from './carlini-wagner.js';

// The kit's range is 200 wide and its changes are 0.05 to 1: steps and constants are smaller than those for inputs in [0, 1]. A step
// of Adam is up to 0.03 here; at three times that the nearest sample is passed by 1.06 of its distance, at this by 1.02.
describeAttack({
  ...{ norms: ['L2'], exact: true, minimumNorm: 'by loss' },
  configure: (_norm, epsilons) =>
    carliniWagner({ epsilons, steps: 1000, learningRate: 0.0003, firstConstant: 0.00001 }),
});
