import type { Tensor } from '#base/tensor';
import type { TargetCard, TargetCheck } from '#report/report';
import { predictAll, type SampleSource } from '../sample-source.js';
import type { Target } from '../target.js';
import { accuracyOf, checkAccuracy, isRight } from './accuracy.js';
import { checkFiniteScores } from './finite-scores.js';
import { checkLabelOrder } from './label-order.js';
import { checkRepeats } from './repeats.js';

/** The part of a target's card that is measured: what the target does with clean data. */
export type MeasuredCard = Required<Pick<TargetCard, 'accuracy' | 'checks'>>;

/**
 * Tries a target on clean data: are its scores numbers, does it repeat itself, is each sample on its own, and does it know
 * the truth better than chance? Robustness that is measured on a target of which one of these is not so means nothing.
 *
 * @param probe a few real samples, which are predicted six times
 * @param test the samples that audits run on, each predicted once; null where there are none
 */
export async function checkTarget(target: Target, probe: Tensor, test: SampleSource | null): Promise<MeasuredCard> {
  const repeats = await checkRepeats(target, probe);
  const scores = await (test === null ? target.predict(probe) : predictAll(target, test));
  const finite = checkFiniteScores(scores, test?.indices ?? null);
  if (test === null || test.indices.length === 0) {
    return { accuracy: null, checks: [finite, ...repeats, untold('target/accuracy'), untold('target/label-order')] };
  }
  const right = isRight(target.head, scores, test.labels);
  return {
    accuracy: accuracyOf(right),
    checks: [
      finite,
      ...repeats,
      checkAccuracy(target, scores, test.labels, right),
      checkLabelOrder(target, scores, test.labels),
    ],
  };
}

function untold(id: TargetCheck['id']): TargetCheck {
  return { id, holds: null, sentence: 'There is no test data with its truth to tell it on.' };
}
