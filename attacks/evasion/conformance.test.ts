import { describeAttack, type ConformanceNorm } from '#testing/index';
import { fgsm } from './fgsm.js';
import { noise } from './noise.js';
import { pgd } from './pgd.js';

const norms: readonly ConformanceNorm[] = ['Linf', 'L2', 'L1'];

describeAttack({ norms, exact: true, configure: (norm, epsilons) => pgd({ norm, epsilons, steps: 40 }) });
describeAttack({ norms, exact: true, configure: (norm, epsilons) => fgsm({ norm, epsilons }) });
describeAttack({ norms, exact: false, configure: (norm, epsilons) => noise({ norm, epsilons, draws: 5 }) });
