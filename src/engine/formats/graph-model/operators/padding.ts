import type { NodeContext, Operator, OperatorTable } from '../node-context.js';
import { isNumber, type Size, type TensorValue, type Unpadded } from '../value.js';
import { cutOut } from './slicing.js';
import { gathered } from './indexing.js';
import { bareOf } from './shape.js';

/** More places of one axis are not written out. */
const MOST_PLACES = 2 ** 16;

export type Pads = readonly (readonly [number, number])[];

/** Begin and end of each axis, as TensorFlow has them: [rank, 2]. */
function readPads(context: NodeContext, x: TensorValue): Pads {
  const list = context.integers(1, 'padding');
  if (list.length !== 2 * x.shape.length || list.some((pad) => pad < 0)) {
    throw context.broken(`pads a tensor of rank ${x.shape.length} by [${list.slice(0, 10).join(', ')}]`);
  }
  return x.shape.map((_, axis) => [list[2 * axis] ?? 0, list[2 * axis + 1] ?? 0] as const);
}

export function padded(
  context: NodeContext,
  x: TensorValue,
  pads: Pads,
  mode: string,
  fill: string | null,
): TensorValue {
  const { emitter } = context;
  if (pads.flat().every((pad) => pad === 0)) return x;
  const shape = x.shape.map((size, axis) => grown(context, size, pads[axis] ?? [0, 0]));
  const laid = emitter.orderOf(x).map((axis) => pads[axis] ?? [0, 0]);
  const amounts = context.integerList([...laid.map(([begin]) => begin), ...laid.map(([, end]) => end)]);
  const inputs = [emitter.nameOf(x), amounts, ...(fill === null ? [] : [fill])];
  return context.give('Pad', inputs, { type: x.type, shape, layout: x.layout }, { mode });
}

function grown(context: NodeContext, size: Size, [begin, end]: readonly [number, number]): Size {
  if (begin + end === 0) return size;
  return isNumber(size) ? size + begin + end : context.unknownSize();
}

const pad: Operator = (context) => [constantPad(context, 0)];

const padV2: Operator = (context) => {
  const [value, ...others] = context.tensor(2).known ?? [];
  if (!isNumber(value) || others.length > 0) return context.fail('pads with a number from a computation');
  return [constantPad(context, value)];
};

function constantPad(context: NodeContext, value: number): TensorValue {
  const x = context.tensor(0);
  const pads = readPads(context, x);
  const result = padded(context, x, pads, 'constant', context.number(x.type, value));
  const isSpatial = [pads[0], pads.at(-1)].every((ends) => ends?.every((end) => end === 0));
  if (value !== 0 || x.shape.length < 3 || !isSpatial || result === x) return result;
  const unpadded: Unpadded = { source: bareOf(x), pads: pads.slice(1, -1) };
  return { ...result, unpadded };
}

/** A mirror that leaves the outermost place out (REFLECT), which ONNX has, or repeats it (SYMMETRIC). */
const mirrorPad: Operator = (context) => {
  const x = context.tensor(0);
  const pads = readPads(context, x);
  const mode = context.attributes.text('mode')?.toLowerCase();
  if (mode !== 'reflect' && mode !== 'symmetric') return context.fail(`pads by the mode ${mode ?? ''}`);
  const reach = mode === 'reflect' ? 1 : 0;
  pads.forEach(([begin, end], axis) => {
    const size = x.shape[axis];
    if (isNumber(size) && Math.max(begin, end) > size - reach)
      throw context.broken(`mirrors ${Math.max(begin, end)} places of an axis of ${size}`);
  });
  if (mode === 'reflect') return [padded(context, x, pads, 'reflect', null)];
  return [pads.reduce((value, ends, axis) => mirrored(context, value, axis, ends), x)];
};

function mirrored(
  context: NodeContext,
  x: TensorValue,
  axis: number,
  [begin, end]: readonly [number, number],
): TensorValue {
  if (begin + end === 0) return x;
  const size = x.shape[axis];
  if (!isNumber(size) || size > MOST_PLACES) return context.fail('mirrors an axis whose size is computed or huge');
  const places = Array.from({ length: begin + size + end }, (_, i) => {
    const place = i - begin;
    if (place < 0) return -place - 1;
    return place < size ? place : 2 * size - 1 - place;
  });
  return gathered(context, x, context.emitter.numbers('int32', [places.length], places), axis);
}

/** Cuts begin and end of axes off. */
export function cropped(context: NodeContext, x: TensorValue, crops: Pads): TensorValue {
  const cuts = crops.flatMap(([begin, end], axis) =>
    begin + end === 0 ? [] : [{ axis, start: begin, end: end === 0 ? 2 ** 31 - 1 : -end, step: 1 }],
  );
  return cutOut(context, x, cuts);
}

export const paddingOperators: OperatorTable = {
  MirrorPad: mirrorPad,
  Pad: pad,
  PadV2: padV2,
};
