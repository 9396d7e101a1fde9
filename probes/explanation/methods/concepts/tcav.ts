import { AssayError } from '#base/errors';
import { row, rowRange, rowSize, rowsOf, type Tensor } from '#base/tensor';
import type { LossSpec } from '#engine/index';
import type { RandomStreams } from '#stats/random';
import { holm } from '#stats/tests';
import { testConcept, type ConceptFinding, type ConceptOptions, type ConceptSpace } from './concept-test.js';

/** A model whose layers can be seen, as far as concepts need it. */
export interface LayerModel {
  atLayer(
    inputs: Tensor,
    loss: LossSpec,
    layer: string,
  ): Promise<{ readonly activation: Tensor; readonly gradient: Tensor }>;
}

/** Inputs that share something that a person has a word for. */
export interface Concept {
  readonly name: string;
  /** [n, ...shape] */
  readonly inputs: Tensor;
}

export interface TestedConcept extends ConceptFinding {
  readonly name: string;
  /** The p-value as it counts when all concepts are tested together (Holm 1979). */
  readonly adjusted: number;
}

export interface ConceptQuestion {
  readonly concepts: readonly Concept[];
  /** Inputs of no particular concept, [n, ...shape]: at least as many as the largest concept has. */
  readonly pool: Tensor;
  /** Inputs at which the score's gradient is taken, [n, ...shape]: those of the class, usually. */
  readonly examples: Tensor;
  /** The index of the score. */
  readonly score: number;
  readonly layer: string;
}

/** At most so many values of a layer are asked for at once. */
const BATCH = 64;

/**
 * Whether a score depends on concepts at a layer, each with its p-value; see {@link testConcept}.
 *
 * @throws AssayError `data` where a concept has fewer than two inputs, or the pool fewer than a concept
 */
export async function testConcepts(
  model: LayerModel,
  { concepts, pool, examples, score, layer }: ConceptQuestion,
  options: ConceptOptions,
  random: RandomStreams,
  progress: (done: number, total: number) => void = () => undefined,
): Promise<readonly TestedConcept[]> {
  for (const { name, inputs } of concepts) requireEnough(name, rowsOf(inputs), rowsOf(pool));
  const groups = [...concepts.map(({ inputs }) => inputs), pool];
  const activations: Float32Array[] = [];
  for (const group of groups) activations.push(...(await rowsAt(model, group, score, layer, 'activation')));
  const space = spaceOf(activations, await rowsAt(model, examples, score, layer, 'gradient'));
  const places = placesOf(groups.map(rowsOf));
  const others = places.at(-1) ?? [];
  progress(1, concepts.length + 1);
  const findings = concepts.map(({ name }, k) => {
    const found = testConcept(space, places[k] ?? [], others, options, random.fork('concept').fork(name));
    progress(k + 2, concepts.length + 1);
    return { name, ...found };
  });
  const adjusted = holm(findings.map(({ p }) => p));
  return findings.map((finding, k) => ({ ...finding, adjusted: adjusted[k] ?? 1 }));
}

/** Products of rows at a layer, centred by their mean and scaled so that their mean square length is 1. */
export function spaceOf(activations: readonly Float32Array[], gradients: readonly Float32Array[]): ConceptSpace {
  const rows = activations.length;
  const mean = meanRow(activations);
  const gram = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k <= i; k++) {
      const product = centredProduct(activations[i] ?? [], activations[k] ?? [], mean);
      gram[i * rows + k] = product;
      gram[k * rows + i] = product;
    }
  }
  let scale = 0;
  for (let i = 0; i < rows; i++) scale += (gram[i * rows + i] ?? NaN) / rows;
  const slopes = new Float64Array(gradients.length * rows);
  gradients.forEach((gradient, x) => {
    for (let i = 0; i < rows; i++) {
      slopes[x * rows + i] = slopeAlong(gradient, activations[i] ?? [], mean) / Math.sqrt(scale);
    }
  });
  return { rows, gram: gram.map((value) => value / scale), slopes, examples: gradients.length };
}

async function rowsAt(
  model: LayerModel,
  inputs: Tensor,
  score: number,
  layer: string,
  what: 'activation' | 'gradient',
): Promise<Float32Array[]> {
  const found: Float32Array[] = [];
  for (let start = 0; start < rowsOf(inputs); start += BATCH) {
    const part = rowRange(inputs, start, Math.min(start + BATCH, rowsOf(inputs)));
    const labels = new Float64Array(rowsOf(part)).fill(score);
    const { [what]: at } = await model.atLayer(part, { kind: 'score', labels }, layer);
    for (let i = 0; i < rowsOf(part); i++) found.push(row(at, i).slice(0, rowSize(at)));
  }
  return found;
}

function requireEnough(name: string, rows: number, pool: number): void {
  if (rows < 2)
    throw new AssayError('data', { what: `the concept \`${name}\` has ${rows} inputs, and two are the least` });
  if (pool >= rows) return;
  throw new AssayError('data', {
    what: `the concept \`${name}\` has ${rows} inputs, and there are only ${pool} random ones to tell it from`,
    mend: 'Give more inputs of no particular concept, several times as many if possible.',
  });
}

/** Where the rows of each group are when all are in one list. */
function placesOf(sizes: readonly number[]): number[][] {
  let start = 0;
  return sizes.map((size) => {
    const places = Array.from({ length: size }, (_, i) => start + i);
    start += size;
    return places;
  });
}

function meanRow(rows: readonly Float32Array[]): Float64Array {
  const mean = new Float64Array(rows[0]?.length ?? 0);
  for (const values of rows)
    for (let j = 0; j < mean.length; j++) mean[j] = (mean[j] ?? NaN) + (values[j] ?? NaN) / rows.length;
  return mean;
}

/** Of two rows that are centred as they are read: a copy in float64 of each would take twice the memory of all of them. */
function centredProduct(a: ArrayLike<number>, b: ArrayLike<number>, mean: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < mean.length; j++) {
    const centre = mean[j] ?? NaN;
    sum += ((a[j] ?? NaN) - centre) * ((b[j] ?? NaN) - centre);
  }
  return sum;
}

function slopeAlong(gradient: ArrayLike<number>, row: ArrayLike<number>, mean: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < mean.length; j++) sum += (gradient[j] ?? NaN) * ((row[j] ?? NaN) - (mean[j] ?? NaN));
  return sum;
}
