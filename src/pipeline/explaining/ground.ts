import { sizeOf } from '#base/tensor';
import type { Attribution } from '#plugin/explainer';
import type { Domain, ImageDomain, TabularDomain } from '#target/domain';
import { columnsOf, positionsOf } from '#target/table-domain';

/** A partition of the values of an input into what a page shows, or compares: pixels, columns, tokens. */
export interface Ground {
  readonly names: readonly string[];
  /** The feature of each value of the input; -1: none. */
  readonly of: Int32Array;
}

/**
 * What a person sees of an input: the pixels of a picture, the columns of a table, the tokens of a text.
 *
 * @param tokens what each token of a text reads
 */
export function groundOf(domain: Domain, input: Float32Array, tokens: readonly string[] | null): Ground {
  switch (domain.kind) {
    case 'image':
      return pixels(domain);
    case 'tabular':
      return columns(domain);
    case 'text':
      return tokensBut(new Set([domain.tokens?.padding]), input, tokens);
  }
}

/** What can be taken away from an input: of a text no beginnings and ends, which are no part of it. */
export function removableOf(domain: Domain, input: Float32Array, ground: Ground): Ground {
  return domain.kind === 'text' ? tokensBut(new Set(domain.tokens?.special), input, null) : ground;
}

/**
 * An attribution in the features of another partition. The value of a feature is spread evenly over the values of the
 * input that belong to it, and what falls into one feature of the ground is added up: of a finer attribution that is the
 * sum of its values, of a coarser one the share of each.
 */
export function onGround(attribution: Attribution, ground: Ground): Float64Array {
  const { values, features } = attribution;
  const result = new Float64Array(ground.names.length);
  const sizes = features === undefined ? null : sizesOf(features.of, values.length);
  for (let i = 0; i < ground.of.length; i++) {
    const target = ground.of[i] ?? -1;
    const source = features === undefined ? i : (features.of[i] ?? -1);
    if (target < 0 || source < 0) continue;
    result[target] = (result[target] ?? 0) + (values[source] ?? NaN) / (sizes?.[source] ?? 1);
  }
  return result;
}

/** The partition of an attribution; null where each value of the input is a feature of its own. */
export function partitionOf({ features }: Attribution): Ground | null {
  return features === undefined ? null : features;
}

function sizesOf(of: Int32Array, count: number): Int32Array {
  const sizes = new Int32Array(count);
  for (let i = 0; i < of.length; i++) {
    const feature = of[i] ?? -1;
    if (feature >= 0) sizes[feature] = (sizes[feature] ?? 0) + 1;
  }
  return sizes;
}

function pixels({ layout, shape }: ImageDomain): Ground {
  const [a = 1, b = 1, c = 1] = shape;
  const [channels, height, width] = layout === 'NCHW' ? [a, b, c] : [c, a, b];
  const of = new Int32Array(sizeOf(shape));
  for (let i = 0; i < of.length; i++) of[i] = layout === 'NCHW' ? i % (height * width) : Math.floor(i / channels);
  return {
    names: Array.from({ length: height * width }, (_, i) => `row ${Math.floor(i / width)}, column ${i % width}`),
    of,
  };
}

function columns(domain: TabularDomain): Ground {
  const declared = columnsOf(domain);
  const of = new Int32Array(sizeOf(domain.shape)).fill(-1);
  for (const [feature, column] of declared.entries()) {
    for (const position of positionsOf(column)) of[position] = feature;
  }
  return { names: declared.map(({ name }) => name), of };
}

function tokensBut(
  left: ReadonlySet<number | null | undefined>,
  input: Float32Array,
  tokens: readonly string[] | null,
): Ground {
  const of = new Int32Array(input.length).fill(-1);
  const names: string[] = [];
  for (let i = 0; i < input.length; i++) {
    if (left.has(input[i])) continue;
    of[i] = names.length;
    names.push(tokens?.[i] ?? `token ${i}`);
  }
  return { names, of };
}
