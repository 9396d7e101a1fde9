import type { NodeContext, Operator, OperatorTable } from '../node-context.js';
import { countOf, describeSizes, isNumber, MOST_KNOWN, type Known, type Size, type TensorValue } from '../value.js';
import { unsqueezed, squeezed } from './shape.js';

/** A cut of one axis, as the Slice of ONNX has it. */
interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Beyond every axis. ONNX takes what lies outside for the end of the axis. */
const FAR = 2 ** 31 - 1;

export function cutOut(context: NodeContext, x: TensorValue, cuts: readonly Cut[]): TensorValue {
  const real = cuts.filter(({ axis, ...cut }) => !isWhole(cut, x.shape[axis]));
  if (real.length === 0) return x;
  const { emitter } = context;
  const shape = x.shape.map((size, axis) => {
    const cut = real.find((one) => one.axis === axis);
    return cut === undefined ? size : cutSize(context, size, cut);
  });
  const known = knownCut(x, shape, real);
  if (known?.every(isNumber) && shape.every(isNumber)) return emitter.numbers(x.type, shape, known);
  const inputs = [
    emitter.nameOf(x),
    context.integerList(real.map(({ start }) => start)),
    context.integerList(real.map(({ end }) => end)),
    context.integerList(real.map(({ axis }) => emitter.axisOf(x, axis))),
    context.integerList(real.map(({ step }) => step)),
  ];
  return { ...context.give('Slice', inputs, { type: x.type, shape, layout: x.layout }), known };
}

function isWhole({ start, end, step }: Omit<Cut, 'axis'>, size: Size | undefined): boolean {
  return step === 1 && start === 0 && (end === FAR || (isNumber(size) && end >= size));
}

/** Start and number of steps within an axis of `size`. */
function range({ start, end, step }: Omit<Cut, 'axis'>, size: number): { first: number; count: number } {
  const fromFront = (place: number): number => (place < 0 ? place + size : place);
  const [least, most] = step > 0 ? [0, size] : [-1, size - 1];
  const first = Math.min(Math.max(fromFront(start), step > 0 ? 0 : -1), most);
  const last = end === -FAR ? -1 : Math.min(Math.max(fromFront(end), least), most);
  return { first, count: Math.max(Math.ceil((last - first) / step), 0) };
}

function cutSize(context: NodeContext, size: Size, cut: Cut): Size {
  return isNumber(size) ? range(cut, size).count : context.unknownSize();
}

/** Of whatever is small and known. */
function knownCut(x: TensorValue, shape: readonly Size[], cuts: readonly Cut[]): Known | null {
  const count = countOf(shape);
  if (x.known === null || !x.shape.every(isNumber) || count === null || count > MOST_KNOWN) return null;
  const sizes = x.shape;
  return Array.from({ length: count }, (_, index) => {
    let rest = index;
    let place = 0;
    let stride = 1;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const length = shape[axis];
      const position = isNumber(length) ? rest % length : 0;
      rest = isNumber(length) ? Math.floor(rest / length) : rest;
      const cut = cuts.find((one) => one.axis === axis);
      const size = sizes[axis] ?? 1;
      place += (cut === undefined ? position : range(cut, size).first + position * cut.step) * stride;
      stride *= size;
    }
    return x.known?.[place] ?? null;
  });
}

const slice: Operator = (context) => {
  const x = context.tensor(0);
  const [begins, sizes] = [context.integers(1, 'first place'), context.integers(2, 'size')];
  if (begins.length !== x.shape.length || sizes.length !== x.shape.length) {
    throw context.broken(`cuts ${begins.length} axes of a tensor of rank ${x.shape.length}`);
  }
  const cuts = begins.map((start, axis): Cut => {
    const size = sizes[axis] ?? -1;
    const length = x.shape[axis];
    const end = size === -1 ? FAR : start + size;
    if (start < 0 || size < -1 || (isNumber(length) && end !== FAR && end > length)) {
      throw context.broken(`cuts places ${start} to ${start + size} out of ${describeSizes(x.shape)}`);
    }
    return { axis, start, end, step: 1 };
  });
  return [cutOut(context, x, cuts)];
};

/** What one place of the index `x[a:b:c, ..., None, 3]` asks for. */
type Place =
  | { readonly kind: 'cut'; readonly start: number; readonly end: number; readonly step: number }
  | { readonly kind: 'index'; readonly at: number }
  | { readonly kind: 'new' }
  | { readonly kind: 'rest' };

/** Masks have one bit a place (tensorflow/core/util/strided_slice_op.cc). */
function readPlaces(context: NodeContext): Place[] {
  const mask = (name: string): number => context.attributes.int(name) ?? 0;
  const [begins, ends, steps] = [context.tensor(1), context.tensor(2), context.tensor(3)];
  const count = begins.known?.length ?? 0;
  if (begins.known === null || ends.known?.length !== count || steps.known?.length !== count) {
    return context.fail('takes its bounds from a computation');
  }
  const has = (name: string, place: number): boolean => (mask(name) & (1 << place)) !== 0;
  return Array.from({ length: count }, (_, place): Place => {
    if (has('ellipsis_mask', place)) return { kind: 'rest' };
    if (has('new_axis_mask', place)) return { kind: 'new' };
    const [begin, end, step] = [begins, ends, steps].map(({ known }) => known?.[place] ?? null);
    if (has('shrink_axis_mask', place)) {
      return isNumber(begin) ? { kind: 'index', at: begin } : context.fail('takes a place from a computation');
    }
    if (!isNumber(step)) return context.fail('takes its steps from a computation');
    if (step === 0) throw context.broken('has steps of 0');
    const start = has('begin_mask', place) ? (step > 0 ? 0 : FAR) : begin;
    const stop = has('end_mask', place) ? (step > 0 ? FAR : -FAR) : end;
    if (isNumber(start) && isNumber(stop)) return { kind: 'cut', start, end: stop, step };
    return context.fail('takes its bounds from a computation');
  });
}

const stridedSlice: Operator = (context) => {
  const x = context.tensor(0);
  const places = expanded(context, readPlaces(context), x.shape.length);
  const cuts: Cut[] = [];
  const gone: number[] = [];
  const added: number[] = [];
  let axis = 0;
  let left = 0;
  for (const place of places) {
    if (place.kind === 'new') added.push(left++);
    else if (place.kind === 'cut') {
      cuts.push({ axis: axis++, start: place.start, end: place.end, step: place.step });
      left++;
    } else if (place.kind === 'index') {
      requirePlace(context, x.shape[axis], place.at);
      cuts.push({ axis, start: place.at, end: place.at === -1 ? FAR : place.at + 1, step: 1 });
      gone.push(axis++);
    }
  }
  const rest = squeezed(context, cutOut(context, x, cuts), gone);
  return [added.reduce((value, position) => unsqueezed(context, value, position), rest)];
};

function requirePlace(context: NodeContext, size: Size | undefined, at: number): void {
  if (isNumber(size) && (at >= size || at < -size)) throw context.broken(`takes place ${at} of an axis of ${size}`);
}

/** One place an axis: the ellipsis, or the end, stands for all axes that are not named. */
function expanded(context: NodeContext, places: readonly Place[], rank: number): Place[] {
  const named = places.filter(({ kind }) => kind === 'cut' || kind === 'index').length;
  if (named > rank) throw context.broken(`cuts ${named} axes of a tensor of rank ${rank}`);
  const whole = Array.from({ length: rank - named }, (): Place => ({ kind: 'cut', start: 0, end: FAR, step: 1 }));
  const dots = places.findIndex(({ kind }) => kind === 'rest');
  if (dots < 0) return [...places, ...whole];
  return [...places.slice(0, dots), ...whole, ...places.slice(dots + 1).filter(({ kind }) => kind !== 'rest')];
}

/** Axes from back to front. */
function reverse(axesOf: (context: NodeContext, x: TensorValue) => number[]): Operator {
  return (context) => {
    const x = context.tensor(0);
    const axes = axesOf(context, x).map((axis) => context.axis(axis, x.shape.length));
    return [
      cutOut(
        context,
        x,
        axes.map((axis) => ({ axis, start: FAR, end: -FAR, step: -1 })),
      ),
    ];
  };
}

export const slicingOperators: OperatorTable = {
  Reverse: reverse((context) => context.integers(1, 'axes').flatMap((flag, axis) => (flag === 0 ? [] : [axis]))),
  ReverseV2: reverse((context) => context.integers(1, 'axes')),
  Slice: slice,
  StridedSlice: stridedSlice,
};
