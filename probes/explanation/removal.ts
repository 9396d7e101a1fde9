import { row, rowSize, rowsOf } from '#base/tensor';
import type { RandomBand, Removal, RemovalCurve, RemovalRequest } from '#plugin/explaining';
import { affordable } from './features/budget.js';
import { areaUnder, descending, randomCurves, removalCurves, type RemovalGame } from './methods/deletion.js';

/** Points of a curve beside its first: each is a row through the target, for each of the random orders too. */
const STEPS = 20;
/** Of inputs with more values than this, whose rows cost more: a picture of 3 x 224 x 224 has 150,528. */
const LARGE = 20_000;
const LARGE_STEPS = 10;

/** Deletion and insertion of each attribution, the largest value first, beside those of random orders of the same features. */
export async function removal(request: RemovalRequest): Promise<Removal> {
  const { attributions, orders, random } = request;
  const game = gameOf(request);
  const steps = stepsOf(request);
  const total = orders + attributions.length;
  const drawn = await randomCurves(game, orders, steps, random, (done) => {
    request.progress(done, total);
  });
  const { counts } = drawn;
  const means = { deletion: meansOf(counts, drawn.deletion), insertion: meansOf(counts, drawn.insertion) };
  const explained: Removal['explained'][number][] = [];
  for (const [i, { id, values }] of attributions.entries()) {
    const { deletion, insertion } = await removalCurves(game, descending(values), steps);
    explained.push({
      id,
      deletion: curveOf(counts, deletion, (mean) => countOf(means.deletion, (random) => random > mean)),
      insertion: curveOf(counts, insertion, (mean) => countOf(means.insertion, (random) => random < mean)),
    });
    request.progress(orders + i + 1, total);
  }
  return {
    counts: [...counts],
    orders,
    random: { deletion: bandOf(counts.length, drawn.deletion), insertion: bandOf(counts.length, drawn.insertion) },
    explained,
  };
}

/** Fewer where the random orders would take more than is affordable: 6 of texts of 512 tokens. */
function stepsOf({ target, sample, orders }: RemovalRequest): number {
  const usual = rowSize(sample) > LARGE ? LARGE_STEPS : STEPS;
  return 1 + Math.max(1, Math.floor(affordable((usual - 1) * orders, target.domain) / orders));
}

function gameOf({ target, sample, score, baseline, of, features }: RemovalRequest): RemovalGame {
  return {
    shape: sample.shape.slice(1),
    sample: row(sample, 0),
    ...{ baseline, of, features },
    async scores(inputs) {
      const scores = await target.predict(inputs);
      const width = rowSize(scores);
      return Float64Array.from({ length: rowsOf(scores) }, (_, i) => scores.data[i * width + score] ?? NaN);
    },
  };
}

function curveOf(counts: Int32Array, scores: Float64Array, beats: (mean: number) => number): RemovalCurve {
  const mean = areaUnder(counts, scores) / (counts.at(-1) ?? NaN);
  return { scores: [...scores], mean, beats: beats(mean) };
}

/** Of curves one behind another. */
function meansOf(counts: Int32Array, curves: Float64Array): Float64Array {
  const points = counts.length;
  const features = counts.at(-1) ?? NaN;
  return Float64Array.from(
    { length: curves.length / points },
    (_, i) => areaUnder(counts, curves.subarray(i * points, (i + 1) * points)) / features,
  );
}

function countOf(values: Float64Array, holds: (value: number) => boolean): number {
  return values.reduce((count, value) => count + (holds(value) ? 1 : 0), 0);
}

function bandOf(points: number, curves: Float64Array): RandomBand {
  const orders = curves.length / points;
  const mean: number[] = [];
  const low: number[] = [];
  const high: number[] = [];
  for (let point = 0; point < points; point++) {
    const values = Float64Array.from({ length: orders }, (_, i) => curves[i * points + point] ?? NaN).sort();
    mean.push(values.reduce((sum, value) => sum + value, 0) / orders);
    low.push(quantile(values, 0.025));
    high.push(quantile(values, 0.975));
  }
  return { mean, low, high };
}

/** Of sorted values, between which it is linear (Hyndman & Fan 1996, type 7). */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const [a = NaN, b = a] = [sorted[below], sorted[below + 1]];
  return a + (place - below) * (b - a);
}
