import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '#base/tensor';
import { fail, operand, text, type Call, type OperatorTable } from '../operator.js';
import { range } from '../value.js';
import { product } from './matrix.js';

/** A tensor whose axes have letters, each once. */
interface Lettered {
  readonly letters: readonly string[];
  readonly tensor: Tensor;
}

export const einsumOperators: OperatorTable = { Einsum: (call) => einsum(call) };

/** Sums of products by Einstein's convention, one pair of operands after the other as a product of matrices. */
function einsum(call: Call): Tensor {
  const equation = text(call, 'equation', '').replaceAll(/\s/g, '');
  const [left = '', right] = equation.split('->');
  const terms = left.split(',');
  if (terms.length !== call.inputs.length) fail(call, `has the equation \`${equation}\``);
  const operands = terms.map((term, i) => lettered(call, term, operand(call, i)));
  const result = right === undefined ? implicit(terms, operands) : lettersOf(right, ellipsisOf(operands).length);
  const combined = operands.reduce((a, b, i) => {
    const later = operands.slice(i + 1).flatMap(({ letters }) => letters);
    return multiplied(a, b, new Set([...later, ...result]));
  });
  return ordered(summed(combined, new Set(result)), result);
}

/** Axes of an ellipsis are counted from the last: `.0`, `.1`, ... */
function lettersOf(term: string, ellipsis: number): string[] {
  const [before = '', after] = term.split('...');
  const letters = (part: string): string[] => Array.from(part);
  if (after === undefined) return letters(before);
  return [...letters(before), ...range(0, ellipsis).map((i) => `.${ellipsis - 1 - i}`), ...letters(after)];
}

function lettered(call: Call, term: string, tensor: Tensor): Lettered {
  const letters = lettersOf(term, tensor.rank - term.replace('...', '').length);
  if (letters.length !== tensor.rank) fail(call, `names ${letters.length} axes of ${tensor.rank}`);
  const repeated = letters.find((letter, i) => letters.indexOf(letter) !== i);
  return repeated === undefined ? { letters, tensor } : diagonals(letters, tensor);
}

/** Of axes with one letter only the diagonal. */
function diagonals(letters: readonly string[], tensor: Tensor): Lettered {
  const first = letters.findIndex((letter, i) => letters.lastIndexOf(letter) !== i);
  if (first < 0) return { letters, tensor };
  const second = letters.lastIndexOf(letters[first] ?? '');
  const size = tensor.shape[first] ?? 1;
  const rest = range(0, tensor.rank).filter((axis) => axis !== first && axis !== second);
  const front = tf.transpose(tensor, [first, second, ...rest]);
  const others = rest.map((axis) => tensor.shape[axis] ?? 1);
  const rows = tf.reshape(front, [size * size, sizeOf(others)]);
  const places = range(0, size).map((i) => i * size + i);
  const diagonal = tf.reshape(tf.gather(rows, tf.tensor1d(places, 'int32')), [size, ...others]);
  return diagonals([letters[first] ?? '', ...rest.map((axis) => letters[axis] ?? '')], diagonal);
}

function ellipsisOf(operands: readonly Lettered[]): string[] {
  const all = new Set(operands.flatMap(({ letters }) => letters.filter((letter) => letter.startsWith('.'))));
  return range(0, all.size)
    .map((i) => `.${i}`)
    .reverse();
}

/** The axes of an ellipsis, then letters that come once, in alphabetical order. */
function implicit(terms: readonly string[], operands: readonly Lettered[]): string[] {
  const all = terms.join('').replaceAll('.', '').replaceAll(',', '');
  const once = [...new Set(all)].filter((letter) => all.split(letter).length === 2).sort();
  return [...ellipsisOf(operands), ...once];
}

/** The product of two operands, summed over the letters that nobody needs any more. */
function multiplied(a: Lettered, b: Lettered, needed: ReadonlySet<string>): Lettered {
  const [left, right] = [alone(a, b, needed), alone(b, a, needed)];
  const shared = left.letters.filter((letter) => right.letters.includes(letter));
  const inner = shared.filter((letter) => !needed.has(letter) && isFull(left, right, letter));
  const batch = shared.filter((letter) => !inner.includes(letter));
  const rows = left.letters.filter((letter) => !shared.includes(letter));
  const columns = right.letters.filter((letter) => !shared.includes(letter));
  const sizes = (of: Lettered, letters: readonly string[]): number[] => letters.map((letter) => sizeIn(of, letter));
  const area = (of: Lettered, letters: readonly string[]): number => sizeOf(sizes(of, letters));
  const stacked = tf.reshape(ordered(left, [...batch, ...rows, ...inner]), [
    ...sizes(left, batch),
    area(left, rows),
    area(left, inner),
  ]);
  const other = tf.reshape(ordered(right, [...batch, ...inner, ...columns]), [
    ...sizes(right, batch),
    area(right, inner),
    area(right, columns),
  ]);
  const result = product(stacked, other);
  const shape = [...result.shape.slice(0, batch.length), ...sizes(left, rows), ...sizes(right, columns)];
  return summed({ letters: [...batch, ...rows, ...columns], tensor: tf.reshape(result, shape) }, needed);
}

/** Axes of size one are broadcast, and summed only after that. */
function isFull(a: Lettered, b: Lettered, letter: string): boolean {
  return sizeIn(a, letter) === sizeIn(b, letter);
}

/** Summed over the letters that nobody else has. */
function alone(a: Lettered, b: Lettered, needed: ReadonlySet<string>): Lettered {
  return summed(a, new Set([...b.letters, ...needed]));
}

function summed({ letters, tensor }: Lettered, kept: ReadonlySet<string>): Lettered {
  const axes = letters.flatMap((letter, axis) => (kept.has(letter) ? [] : [axis]));
  if (axes.length === 0) return { letters, tensor };
  return { letters: letters.filter((letter) => kept.has(letter)), tensor: tf.sum(tensor, axes) };
}

function ordered({ letters, tensor }: Lettered, order: readonly string[]): Tensor {
  return tf.transpose(
    tensor,
    order.map((letter) => letters.indexOf(letter)),
  );
}

function sizeIn({ letters, tensor }: Lettered, letter: string): number {
  return tensor.shape[letters.indexOf(letter)] ?? 1;
}
