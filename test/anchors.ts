import { row } from '#base/tensor';
import { randomStreams, rng } from '#stats/random';
import type { Target } from '#target/target';
import { findAnchor, type Anchor, type AnchorOptions } from '../probes/explanation/methods/anchors/anchor.js';
import { tableSpace } from '../probes/explanation/methods/anchors/table-space.js';
import { precisionOf, trialsOf } from '../probes/explanation/methods/anchors/trials.js';
import { decisionOf, type Decision } from '../probes/explanation/methods/decision.js';
import type { TableFixture } from './table-fixtures.js';

/** The paper's, and the draws by which the explainer verifies. */
export const OPTIONS: AnchorOptions = {
  ...{ precision: 0.95, epsilon: 0.1, delta: 0.05, beam: 10, batch: 100 },
  ...{ verification: 10_000, maximumDraws: 1_000_000 },
};

/** The anchor of the predicted class of one row. */
export async function tableAnchor({ target, domain, samples }: TableFixture, index: number) {
  const values = row(samples.inputs, index);
  const decision = await predictedClass(target, values);
  const spaces = ([4, 16, 'values'] as const).map((bins) => tableSpace(domain, values, samples.inputs, bins));
  const anchor = await findAnchor(target, spaces, decision, OPTIONS, randomStreams(7), index);
  return { anchor, decision };
}

export async function predictedClass(target: Target, values: Float32Array): Promise<Decision> {
  const { data } = await target.predict({ shape: [1, ...target.domain.shape], data: values.slice() });
  return decisionOf(target.head, data, data.indexOf(Math.max(...data)));
}

/** On 10,000 draws by a stream that the search has never had. */
export async function freshPrecision(target: Target, { space, rule }: Anchor, decision: Decision, index: number) {
  const trials = trialsOf(target, space, decision, rng(`fresh ${index}`));
  const arm = trials.arm(rule);
  await trials.draw([arm], 10_000);
  return precisionOf(arm);
}
