import { times } from './pointwise.js';

/** y = |x|; the subgradient at 0 is 0. */
export const abs = times((context) => context.builder.node('Sign', [context.input(0)]));
