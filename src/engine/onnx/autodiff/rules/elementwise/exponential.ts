import { over, times } from './pointwise.js';

/** y = e^x; dy/dx = y */
export const exp = times((context) => context.output);

/** y = ln x; dy/dx = 1 / x */
export const log = over((context) => context.input(0));
