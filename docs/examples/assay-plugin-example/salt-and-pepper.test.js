import { describeAttack } from 'assay/testing';
import { saltAndPepper } from './salt-and-pepper.js';

describeAttack({
  configure: (_norm, epsilon) => saltAndPepper({ epsilons: [epsilon] }),
  norms: ['Linf'],
  // It guesses: only its budget, its domain and its determinism are held against it.
  exact: false,
});
