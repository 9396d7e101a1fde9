import type { RandomStreams } from '#stats/random';
import type { Samples } from '#target/target';
import { row, rowsOf, type Tensor } from '#base/tensor';
import { isCorrect, labelRow, type Labels } from '#target/head';
import { IDENTITY, type Front } from '../filters/front.js';
import {
  chosen,
  emptySearch,
  searched,
  writeSearch,
  type AdversaryOptions,
  type Search,
} from '../evaluation/adversary.js';
import type { Answers, Defended } from '../evaluation/evaluate.js';
import { squeezingScores, viewsOf, type Squeezed } from './detector.js';
import { gameAgainst, type Plan } from './game.js';

/** Beside log-probabilities, whose slopes are as large, the score counts this much where it flags. */
const WEIGHT = 2;

/** A model beside a detector of which the threshold is chosen. */
export function watched(squeezed: Squeezed, threshold: number, options: AdversaryOptions): Defended {
  return {
    bare: squeezed.bare,
    answers: (inputs, labels) => answersOf(squeezed, threshold, inputs, labels),
    attacked: (samples, epsilon, random) => deceived(squeezed, threshold, samples, epsilon, options, random),
  };
}

async function answersOf(squeezed: Squeezed, threshold: number, inputs: Tensor, labels: Labels): Promise<Answers> {
  const n = rowsOf(inputs);
  const views = await viewsOf(squeezed, inputs);
  const { scores } = squeezingScores(views, n);
  const { head } = squeezed.bare;
  const right = Uint8Array.from(scores, (_, i) => (isCorrect(head, row(views.scores, i), labelRow(labels, i)) ? 1 : 0));
  return { right, flagged: Uint8Array.from(scores, (score) => (score > threshold ? 1 : 0)) };
}

/** Samples of one true label play the same game, and are attacked together. */
async function deceived(
  squeezed: Squeezed,
  threshold: number,
  samples: Samples,
  epsilon: number,
  options: AdversaryOptions,
  random: RandomStreams,
): Promise<Search> {
  const search = emptySearch(samples);
  const labels = [...new Set(samples.labels.values)].sort((a, b) => a - b);
  for (const label of labels) {
    const own = samples.indices.flatMap((_, i) => (samples.labels.values[i] === label ? [i] : []));
    const ways = plansOf(squeezed.squeezers).map((plan) => gameAgainst(squeezed, threshold, label, plan));
    const group = { ...chosen(samples, own), labels: { width: 1, values: new Float64Array(own.length).fill(1) } };
    writeSearch(search, own, await searched(ways, group, epsilon, options, random));
  }
  return search;
}

/** By each squeezer's first way back and its last one: for a wrong class alone, and against the detector too. */
function plansOf(squeezers: readonly Front[]): Plan[] {
  return [
    { weight: 0, surrogates: squeezers.map(({ surrogates }) => surrogates.at(-1) ?? IDENTITY) },
    { weight: WEIGHT, surrogates: squeezers.map(({ surrogates }) => surrogates[0] ?? IDENTITY) },
  ];
}
