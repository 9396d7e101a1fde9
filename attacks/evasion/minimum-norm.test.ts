import { ddn } from './ddn.js';
import { fmn } from './fmn.js';
import { conforms } from '../../test/conforms.js';

// FMN's other norms are in conformance.deep.ts. The kit's range is 200 wide and its changes are about 1: steps are shorter than those for inputs in [0, 1].
conforms({
  ...{ norms: ['L2'], exact: true, minimumNorm: 'by loss' },
  configure: (_norm, epsilons) => ddn({ epsilons, steps: 200 }),
});
conforms({
  ...{ norms: ['Linf'], exact: true, minimumNorm: 'by loss' },
  configure: (norm, epsilons) => fmn({ norm, epsilons, steps: 200, stepSize: 0.05 }),
});
