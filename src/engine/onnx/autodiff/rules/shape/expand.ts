import { reduceTo } from '../../broadcast.js';
import type { GradientRule } from '../../rule.js';

/** Repetition by broadcasting: each value gets the sum over its copies. */
export const expand: GradientRule = (context) => [
  reduceTo(context, context.gradient, context.shape(context.output), context.input(0)),
];
