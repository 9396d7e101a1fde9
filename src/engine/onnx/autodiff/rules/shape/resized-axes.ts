import { numbersOf } from '../../../graph/constants.js';
import { sameDimension } from '../../../graph/shape.js';
import type { RuleContext } from '../../rule.js';

/** One axis that a Resize changes, and the inputs by which it does so on the last axis of [1, 1, n, n]. */
export interface ResizedAxis {
  readonly axis: number;
  /** Size of the axis in the input. */
  readonly input: number;
  /** By which whole number the axis grows; null where it is no whole number, or computed. */
  readonly wholeFactor: number | null;
  readonly roi: string;
  /** '' where the size of the output is given. */
  readonly scales: string;
  readonly sizes: string;
}

export function resizedAxes(context: RuleContext): ResizedAxis[] {
  const rank = context.rank(context.input(0));
  const named = context.ints('axes') ?? Array.from({ length: rank }, (_, axis) => axis);
  return named
    .map((axis, place) => ({ axis: context.axis(axis, rank), place }))
    .filter(({ axis, place }) => isChanged(context, axis, place))
    .sort((a, b) => a.axis - b.axis)
    .map(({ axis, place }) => resizedAxis(context, axis, place, named.length));
}

function resizedAxis(context: RuleContext, axis: number, place: number, count: number): ResizedAxis {
  const input = fixedSize(context, context.input(0), axis);
  const output = fixedSize(context, context.output, axis);
  const roi = cropsToRegion(context) ? regionOf(context, place, count) : '';
  if (context.optionalInput(2) !== null) {
    const scale = constantScale(context, place);
    const wholeFactor = scale !== null && Number.isInteger(scale) ? scale : null;
    return { axis, input, wholeFactor, roi, scales: scaleOf(context, place), sizes: '' };
  }
  if (context.string('keep_aspect_ratio_policy', 'stretch') !== 'stretch') context.fail('keeps the aspect ratio');
  const wholeFactor = output % input === 0 ? output / input : null;
  return { axis, input, wholeFactor, roi, scales: '', sizes: context.builder.integers([1, 1, input, output]) };
}

/** An axis that keeps its size is left as it is, unless it is cut or its scale only rounds to the same size. */
function isChanged(context: RuleContext, axis: number, place: number): boolean {
  const input = context.shape(context.input(0))[axis] ?? 1;
  const output = context.shape(context.output)[axis] ?? 1;
  if (!sameDimension(input, output)) return true;
  if (cropsToRegion(context)) return typeof input === 'number';
  const scale = context.optionalInput(2) === null ? 1 : constantScale(context, place);
  return scale !== null && scale !== 1;
}

function fixedSize(context: RuleContext, name: string, axis: number): number {
  const size = context.shape(name)[axis];
  return typeof size === 'number' ? size : context.fail('resizes an axis that grows with the batch');
}

function constantScale(context: RuleContext, place: number): number | null {
  const constant = context.constant(context.input(2));
  return constant === undefined ? null : (numbersOf(constant)[place] ?? null);
}

function cropsToRegion(context: RuleContext): boolean {
  return context.string('coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize';
}

function scaleOf(context: RuleContext, place: number): string {
  const { builder } = context;
  const own = builder.node('Gather', [context.input(2), builder.integers([place])]);
  return builder.node('Concat', [context.floats([3], [1, 1, 1]), own], { axis: 0 });
}

/** The region of interest holds the start of each axis, then the end of each axis. */
function regionOf(context: RuleContext, place: number, count: number): string {
  const { builder } = context;
  const bounds = [place, place + count].map((i) => builder.node('Gather', [context.input(1), builder.integers([i])]));
  const whole = (bound: number): string => context.floats([3], [bound, bound, bound]);
  return builder.node('Concat', [whole(0), bounds[0] ?? '', whole(1), bounds[1] ?? ''], { axis: 0 });
}
