import { describeAttack, type ConformanceNorm } from '#testing/index';
import { bim } from './bim.js';
import { fmn } from './fmn.js';
import { miFgsm } from './mi-fgsm.js';
import './conformance.test.js';

// Norms of attacks whose first norm is in the unit tests.
const norms: readonly ConformanceNorm[] = ['L2', 'L1'];

describeAttack({ norms, exact: true, configure: (norm, epsilons) => bim({ norm, epsilons, steps: 40 }) });
describeAttack({ norms, exact: true, configure: (norm, epsilons) => miFgsm({ norm, epsilons, steps: 40 }) });
describeAttack({
  ...{ norms, exact: true, minimumNorm: 'by loss' },
  configure: (norm, epsilons) => fmn({ norm, epsilons, steps: 200, stepSize: 0.05 }),
});
