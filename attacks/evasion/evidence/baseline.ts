import { row, type Tensor } from '#base/tensor';
import type { RandomStreams } from '#stats/random';
import { isCorrect, labelRow } from '#target/head';
import type { Samples, Target } from '#target/target';
import { atOriginals, atRandomPoints, type Space } from '../search/walk.js';

/** Noisy versions of each survivor that an attack with gradients is compared with. */
export const BASELINE_DRAWS = 10;

export interface Baseline {
  /** Of the samples that are right when clean: those that are still right under one noisy version. */
  readonly rightOnce: ReadonlySet<number>;
  /** A noisy version that is wrong, for the survivors that have one. */
  readonly wrong: ReadonlyMap<number, Float32Array>;
}

/**
 * Random noise of the size that the attack had: one draw for every sample that is right when clean, and up to ten for
 * those that the attack did not break (Carlini et al. 2019, arXiv:1902.06705, section 4.3).
 *
 * @param right positions that are right when clean
 * @param survivors those of them that are not broken
 */
export async function noiseBaseline(
  target: Target,
  samples: Samples,
  right: readonly number[],
  survivors: readonly number[],
  space: Space,
  random: RandomStreams,
): Promise<Baseline> {
  const first = await draw(target, samples, right, space, random.fork('noise'));
  const wrong = new Map<number, Float32Array>();
  for (let i = 0; i < BASELINE_DRAWS; i++) {
    const left = survivors.filter((position) => !wrong.has(position));
    for (const [position, input] of await draw(target, samples, left, space, random.fork('noise').fork(i))) {
      wrong.set(position, input);
    }
  }
  return { rightOnce: new Set(right.filter((position) => !first.has(position))), wrong };
}

/** One noisy version of each; gives those that are wrong. */
async function draw(
  target: Target,
  samples: Samples,
  positions: readonly number[],
  space: Space,
  random: RandomStreams,
): Promise<ReadonlyMap<number, Float32Array>> {
  if (positions.length === 0) return new Map();
  const { inputs } = atRandomPoints(atOriginals(samples.inputs, positions, space), samples.indices, space, random);
  const scores = await target.predict(inputs);
  return new Map(
    positions.flatMap((position, i) => (isWrong(scores, i, position) ? [[position, row(inputs, i)]] : [])),
  );

  function isWrong(given: Tensor, i: number, position: number): boolean {
    return !isCorrect(target.head, row(given, i), labelRow(samples.labels, position));
  }
}
