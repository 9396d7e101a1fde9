import type { GradientRule } from '../../rule.js';

/** Depends on the shape of its input alone. */
export const shapeOnly: GradientRule = () => [null];
