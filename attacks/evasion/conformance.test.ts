import type { ConformanceNorm } from '#testing/index';
import { fgsm } from './fgsm.js';
import { noise } from './noise.js';
import { pgd } from './pgd.js';
import { conforms } from '../../test/conforms.js';

const norms: readonly ConformanceNorm[] = ['Linf', 'L2', 'L1'];

conforms({ norms, exact: true, configure: (norm, epsilons) => pgd({ norm, epsilons, steps: 40 }) });
conforms({ norms, exact: true, configure: (norm, epsilons) => fgsm({ norm, epsilons }) });
conforms({ norms, exact: false, configure: (norm, epsilons) => noise({ norm, epsilons, draws: 5 }) });
