import type { NodeContext, Operator, OperatorTable } from '../node-context.js';
import { reshape } from '../reshape.js';
import { describeSizes, isNumber, type Size, type TensorValue } from '../value.js';
import { requireChannelsLast } from '../window.js';
import { cropped, padded, type Pads } from './padding.js';
import { bareOf } from './shape.js';

/** Block sizes along the first spatial axes, and a begin and an end for each of them. */
function readBlocks(context: NodeContext, x: TensorValue): { block: number[]; ends: Pads } {
  const block = context.integers(1, 'blocks');
  const list = context.integers(2, 'padding');
  if (
    block.some((size) => size < 1) ||
    block.length >= x.shape.length ||
    list.length !== 2 * block.length ||
    list.some((end) => end < 0)
  ) {
    throw context.broken(`has the blocks [${block.join(', ')}] for a tensor ${describeSizes(x.shape)}`);
  }
  return { block, ends: block.map((_, axis) => [list[2 * axis] ?? 0, list[2 * axis + 1] ?? 0] as const) };
}

/** [n, h, w, c] -> [n b b, h / b, w / b, c]: places of one remainder together, the first axis slowest in the remainder. */
const spaceToBatch: Operator = (context) => {
  const x = context.tensor(0);
  const { block, ends } = readBlocks(context, x);
  const rest = x.shape.length - block.length - 1;
  const pads: Pads = [[0, 0], ...ends, ...Array.from({ length: rest }, () => [0, 0] as const)];
  const full = padded(context, x, pads, 'constant', context.number(x.type, 0));
  const [samples = 1, ...sizes] = full.shape;
  const cells = block.map((size, axis) => {
    const length = sizes[axis];
    if (!isNumber(length)) return context.fail('has an image whose size is computed');
    if (length % size !== 0) throw context.broken(`makes blocks of ${size} out of an axis of ${length}`);
    return length / size;
  });
  const tail = sizes.slice(block.length);
  const apart = reshape(context, full, [samples, ...cells.flatMap((cell, i) => [cell, block[i] ?? 1]), ...tail], null);
  const remainders = block.map((_, i) => 2 * i + 2);
  const kept = apart.shape.map((_, axis) => axis).filter((axis) => !remainders.includes(axis));
  const moved = context.emitter.turned(apart, [...remainders, ...kept], 'plain');
  const area = block.reduce((a, b) => a * b, 1);
  const rows: Size = isNumber(samples) ? samples * area : `${area} x ${samples}`;
  const inOrder = { ...moved, shape: [...block, samples, ...cells, ...tail] };
  const result = reshape(context, inOrder, [rows, ...cells, ...tail], null);
  return [{ ...result, unfolded: { source: bareOf(x), block, pads: ends } }];
};

/** The way back, and crops. */
const batchToSpace: Operator = (context) => {
  const x = context.tensor(0);
  const { block, ends } = readBlocks(context, x);
  const rest = x.shape.length - block.length - 1;
  const crops: Pads = [[0, 0], ...ends, ...Array.from({ length: rest }, () => [0, 0] as const)];
  const { unfolded } = x;
  const isWayBack = unfolded?.block.join() === block.join() && unfolded.pads.flat().every((pad) => pad === 0);
  if (unfolded !== undefined && isWayBack) return [cropped(context, unfolded.source, crops)];
  const area = block.reduce((a, b) => a * b, 1);
  const [rows = 1, ...sizes] = x.shape;
  if (isNumber(rows) && rows % area !== 0) throw context.broken(`makes blocks of ${area} out of ${rows} samples`);
  const samples: Size = isNumber(rows) ? rows / area : samplesIn(context, rows, area);
  const apart = reshape(context, context.emitter.plain(x), [...block, samples, ...sizes], null);
  const pairs = block.flatMap((_, i) => [block.length + 1 + i, i]);
  const order = [block.length, ...pairs, ...Array.from({ length: rest }, (_, i) => 2 * block.length + 1 + i)];
  const moved = context.emitter.turned(apart, order, 'plain');
  const grown = sizes.map((size, axis) => {
    const times = block[axis] ?? 1;
    if (times === 1) return size;
    return isNumber(size) ? size * times : context.fail('has an image whose size is computed');
  });
  const inOrder = { ...moved, shape: order.map((axis) => apart.shape[axis] ?? 1) };
  return [cropped(context, reshape(context, inOrder, [samples, ...grown], null), crops)];
};

/** Of a number of samples that {@link spaceToBatch} named. */
function samplesIn(context: NodeContext, rows: string, area: number): Size {
  const begin = `${area} x `;
  return rows.startsWith(begin) ? rows.slice(begin.length) : context.unknownSize();
}

/** Blocks of channels become blocks of places, or the other way; ONNX has both with channels first. */
function rearranged(op: 'DepthToSpace' | 'SpaceToDepth'): Operator {
  return (context) => {
    requireChannelsLast(context);
    const { emitter } = context;
    const x = context.tensor(0);
    const block = context.attributes.int('block_size') ?? 0;
    const [samples = 1, height = 1, width = 1, channels = 1] = x.shape;
    if (x.shape.length !== 4 || block < 1)
      throw context.broken(`rearranges ${describeSizes(x.shape)} by blocks of ${block}`);
    const [places, depth] = op === 'DepthToSpace' ? [block, 1 / block ** 2] : [1 / block, block ** 2];
    const shape = [
      samples,
      scaled(context, height, places),
      scaled(context, width, places),
      scaled(context, channels, depth),
    ];
    const input = emitter.nameOf(emitter.channelsFirst(x));
    return [context.give(op, [input], { type: x.type, shape, layout: 'channels-first' }, { blocksize: block })];
  };
}

function scaled(context: NodeContext, size: Size, factor: number): Size {
  if (factor === 1) return size;
  if (!isNumber(size)) return context.unknownSize();
  const result = Math.round(size * factor);
  if (Math.abs(result - size * factor) > 1e-6) throw context.broken(`makes blocks out of an axis of ${size}`);
  return result;
}

export const blockOperators: OperatorTable = {
  BatchToSpaceND: batchToSpace,
  DepthToSpace: rearranged('DepthToSpace'),
  SpaceToBatchND: spaceToBatch,
  SpaceToDepth: rearranged('SpaceToDepth'),
};
