import { AssayError } from '#base/errors';
import type { LossSpec } from '../../contract.js';
import type { RuntimeValue } from '../session.js';
import type { LossFeed } from './compile.js';

/** The samples of one execution: [start, end) of `samples`, filled up with zeros to `rows`. */
export interface LossRows {
  readonly samples: number;
  readonly start: number;
  readonly end: number;
  readonly rows: number;
}

/** The numbers of a loss as the inputs of its graph. */
export function lossFeeds(
  feeds: readonly LossFeed[],
  loss: LossSpec,
  range: LossRows,
  width: number,
): Record<string, RuntimeValue> {
  return Object.fromEntries(feeds.map((feed) => [feed.name, feedOf(feed, numbersOf(loss, feed), range, width)]));
}

function feedOf(feed: LossFeed, numbers: number | Float64Array, range: LossRows, width: number): RuntimeValue {
  const { samples, start, end, rows } = range;
  const columns = feed.form === 'rows' ? width : 1;
  if (typeof numbers !== 'number' && numbers.length !== samples * columns) {
    throw new AssayError('usage', {
      what: `the \`${feed.field}\` of a loss hold ${numbers.length} numbers, and ${samples} samples take ${samples * columns}`,
    });
  }
  const own = typeof numbers === 'number' ? null : numbers.subarray(start * columns, end * columns);
  if (feed.form === 'indices') {
    const data = new BigInt64Array(rows);
    own?.forEach((index, i) => (data[i] = BigInt(index)));
    return { type: 'int64', shape: [rows], data };
  }
  const data = new Float32Array(rows * columns);
  if (own === null) data.fill(Number(numbers));
  else data.set(own);
  return { type: 'float32', shape: feed.form === 'rows' ? [rows, width] : [rows], data };
}

function numbersOf(loss: LossSpec, { field, path }: LossFeed): number | Float64Array {
  const found = path.length === 0 ? fieldOf(loss, field) : inTerm(loss, field, path);
  if (found === undefined) throw new AssayError('usage', { what: `the loss \`${loss.kind}\` lacks its \`${field}\`` });
  return found;
}

function inTerm(loss: LossSpec, field: LossFeed['field'], [first = 0, ...rest]: readonly number[]) {
  const term = loss.kind === 'weighted-sum' ? loss.terms[first] : undefined;
  if (term === undefined) return undefined;
  if (rest.length > 0) return inTerm(term.loss, field, rest);
  return field === 'weight' ? term.weight : fieldOf(term.loss, field);
}

function fieldOf(loss: LossSpec, field: LossFeed['field']): Float64Array | undefined {
  switch (field) {
    case 'labels':
      return 'labels' in loss ? loss.labels : undefined;
    case 'targets':
      return 'targets' in loss ? loss.targets : undefined;
    case 'probabilities':
      return 'probabilities' in loss ? loss.probabilities : undefined;
    case 'values':
      return 'values' in loss ? loss.values : undefined;
    case 'weight':
      return undefined;
  }
}
