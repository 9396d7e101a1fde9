import { describeAttack } from '#testing/index';
import { carliniWagner } from './carlini-wagner.js';

// The kit's range is 200 wide and its changes are about 1: steps and constants are smaller than those for inputs in [0, 1].
describeAttack({
  ...{ norms: ['L2'], exact: true, minimumNorm: 'by loss' },
  configure: (_norm, epsilons) => carliniWagner({ epsilons, steps: 1000, learningRate: 0.001, firstConstant: 0.00001 }),
});
