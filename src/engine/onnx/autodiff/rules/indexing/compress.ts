import type { GradientRule } from '../../rule.js';
import { scatterByPosition } from '../scatter.js';

/** The positions where a condition holds. */
export const compress: GradientRule = (context) => [scatterByPosition(context)];
