import { AssayError } from '#base/errors';
import { sizeOf, zeros, type Tensor } from '#base/tensor';
import type { AnswersConfig } from '#config/schema';
import { logitsFromProbabilities } from '#engine/index';
import type { Declaration } from '../declare.js';
import { scoreWidth, type Head } from '../head.js';

export type Gives = AnswersConfig['gives'];

/** What a black box answers to `n` samples, as scores of its head: [n, width]. @throws AssayError `model` */
export type ReadAnswers = (answers: unknown, n: number) => Tensor;

/** What is rounded to two digits, as services do, sums to 1 within this. */
const SUM_TOLERANCE = 0.02;
const RANGE_TOLERANCE = 1e-6;

/**
 * Reads answers as they were declared. Probabilities become logits as those of a model file do. Of labels the scores are 1
 * and 0 for classes, 1 and -1 for the others: their signs are all that they say.
 */
export function readAnswers({ head, labels }: Declaration, gives: Gives): ReadAnswers {
  const width = scoreWidth(head);
  return (answers, n) => {
    if (gives === 'labels') return scoresOfLabels(head, labels, listOf(answers, n), width);
    const data = numbersOf(answers, n, width);
    if (gives !== 'probabilities') return { shape: [n, width], data };
    requireProbabilities(head, data, width);
    return { shape: [n, width], data: logitsFromProbabilities(kindOf(head), data) };
  };
}

/** Whether all rows look like what a softmax gives, which logits do by the rarest chance only. */
export function lookLikeProbabilities({ shape, data }: Tensor): boolean {
  const width = shape[1] ?? 1;
  if (width < 2 || !data.every((value) => value >= 0 && value <= 1)) return false;
  return rowSums(data, width).every((sum) => Math.abs(sum - 1) <= 1e-5 * Math.max(1, width / 100));
}

function kindOf(head: Head): 'classes' | 'binary' | 'multi-label' | 'regression' {
  return head.kind === 'ranking' || head.kind === 'sequence' ? 'classes' : head.kind;
}

/** A number array of any shape that holds n x width values, or a list with one entry a sample. */
function numbersOf(answers: unknown, n: number, width: number): Float32Array {
  const array = arrayOf(answers);
  const flat = array ?? (isFlat(answers, n, width) ? answers : listOf(answers, n).flatMap(rowOf(width)));
  if (flat.length !== n * width) {
    throw unfit(`it holds ${flat.length} numbers, and ${n} samples with ${width} scores each are ${n * width}`);
  }
  return Float32Array.from(flat, (value, i) => {
    if (typeof value === 'number' && Number.isFinite(Math.fround(value))) return value;
    throw unfit(`score ${i % width} of sample ${Math.floor(i / width)} is ${shown(value)}, and no finite number`);
  });
}

/** A typed array, bare or with its shape. */
function arrayOf(answers: unknown): readonly unknown[] | null {
  if (isNumericArray(answers)) return Array.from(answers);
  if (typeof answers !== 'object' || answers === null || !('shape' in answers) || !('data' in answers)) return null;
  const { shape, data } = answers;
  if (!isNumericArray(data) || !Array.isArray(shape) || !shape.every((size) => typeof size === 'number')) return null;
  if (sizeOf(shape) !== data.length)
    throw unfit(`its shape [${shape.join(', ')}] does not fit its ${data.length} values`);
  return Array.from(data);
}

/** By name: arrays of another realm are as good. */
function isNumericArray(value: unknown): value is Float32Array {
  return ArrayBuffer.isView(value) && /^(Float|Int|Uint)\d+(Clamped)?Array$/.test(value.constructor.name);
}

function isFlat(answers: unknown, n: number, width: number): answers is readonly number[] {
  return (
    Array.isArray(answers) &&
    answers.length === n * width &&
    answers.every((value) => typeof value === 'number' || value === null)
  );
}

function listOf(answers: unknown, n: number): readonly unknown[] {
  if (isNumericArray(answers)) return listOf(Array.from(answers), n);
  if (!Array.isArray(answers)) throw unfit(`it is ${shown(answers)}, and a list was expected`);
  if (answers.length === n) return answers;
  throw unfit(`it answers ${answers.length} samples, and ${n} were asked`);
}

function rowOf(width: number): (entry: unknown, sample: number) => readonly unknown[] {
  return (entry, sample) => {
    const values = arrayOf(entry) ?? (Array.isArray(entry) ? (entry as unknown[]).flat(MOST_AXES) : [entry]);
    if (values.length === width) return values;
    throw unfit(`sample ${sample} has ${values.length} scores, and ${width} were expected`);
  };
}

const MOST_AXES = 8;

function requireProbabilities(head: Head, data: Float32Array, width: number): void {
  const outside = data.findIndex((value) => !(value >= -RANGE_TOLERANCE && value <= 1 + RANGE_TOLERANCE));
  if (outside >= 0) {
    throw unfit(
      `score ${outside % width} of sample ${Math.floor(outside / width)} is ${shown(data[outside])}, and no probability`,
    );
  }
  if (head.kind !== 'classes') return;
  const sums = rowSums(data, width);
  const sample = sums.findIndex((sum) => Math.abs(sum - 1) > SUM_TOLERANCE);
  if (sample >= 0) throw unfit(`the probabilities of sample ${sample} sum to ${Number(sums[sample]?.toPrecision(4))}`);
}

function rowSums(data: Float32Array, width: number): number[] {
  return Array.from({ length: data.length / width }, (_, i) =>
    data.subarray(i * width, (i + 1) * width).reduce((sum, value) => sum + value, 0),
  );
}

function scoresOfLabels(
  head: Head,
  names: readonly string[] | null,
  answers: readonly unknown[],
  width: number,
): Tensor {
  const scores = zeros([answers.length, width]);
  answers.forEach((answer, sample) => {
    const own = scores.data.subarray(sample * width, (sample + 1) * width);
    if (head.kind === 'multi-label') own.set(bitsOf(answer, names, width, sample).map((bit) => (bit ? 1 : -1)));
    else if (head.kind === 'binary') own[0] = indexOf(single(answer), names, 2, sample) === 1 ? 1 : -1;
    else own[indexOf(single(answer), names, width, sample)] = 1;
  });
  return scores;
}

/** Some services wrap each label in a list of its own. */
function single(answer: unknown): unknown {
  return Array.isArray(answer) && answer.length === 1 ? (answer as unknown[])[0] : answer;
}

function indexOf(answer: unknown, names: readonly string[] | null, count: number, sample: number): number {
  const index = typeof answer === 'string' ? (names ?? []).indexOf(answer) : Number(answer);
  const isIndex = typeof answer === 'number' || typeof answer === 'boolean' || typeof answer === 'string';
  if (isIndex && Number.isInteger(index) && index >= 0 && index < count) return index;
  const known = names === null ? `an index below ${count}` : `one of the ${count} labels`;
  throw unfit(`the label of sample ${sample} is ${shown(answer)}, and not ${known}`);
}

/** A list of names, or one 0 or 1 a label. */
function bitsOf(answer: unknown, names: readonly string[] | null, count: number, sample: number): boolean[] {
  if (!Array.isArray(answer))
    throw unfit(`the labels of sample ${sample} are ${shown(answer)}, and a list was expected`);
  const entries: readonly unknown[] = answer;
  if (entries.every((entry) => typeof entry === 'string')) {
    const present = new Set(entries.map((entry) => indexOf(entry, names, count, sample)));
    return Array.from({ length: count }, (_, i) => present.has(i));
  }
  if (entries.length === count && entries.every((entry) => [0, 1, true, false].includes(entry as number | boolean)))
    return entries.map(Boolean);
  throw unfit(`the labels of sample ${sample} are neither names nor ${count} values of 0 or 1`);
}

function unfit(what: string): AssayError {
  return new AssayError('model', { what });
}

/** What came from outside, briefly and without its own words: they are told where the whole answer is. */
function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return 'a text';
  if (Array.isArray(value)) return 'a list';
  return value === null ? 'null' : typeof value === 'object' ? 'an object' : `of type ${typeof value}`;
}
