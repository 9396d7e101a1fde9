import { row, takeRows, type Tensor } from '#base/tensor';
import type { RandomStreams } from '#stats/random';
import { isCorrect, labelRow, takeLabels, type Labels } from '#target/head';
import { isDifferentiable, type DifferentiableTarget, type Samples, type Target } from '#target/target';
import type { Bits } from '../evidence/data.js';
import { recheck } from '../evidence/recheck.js';
import type { Box } from '../geometry/space.js';
import type { Norm } from '../geometry/norms.js';
import { decisionDraws, decisiveScores } from '../search/ask.js';
import type { TrustOptions } from '../search/options.js';
import type { AttackResult, SampleOutcome } from '../search/result.js';

/** An attack as it was configured, or with more effort. Null where it has no such form. */
export interface AttackForms {
  readonly asItIs: AttackForm;
  readonly moreSteps: AttackForm | null;
  readonly moreRestarts: AttackForm | null;
  readonly singleStep: boolean;
  readonly minimumNorm: boolean;
  readonly usesGradients: boolean;
}

export type AttackForm = (
  target: Target,
  samples: Samples,
  epsilon: number,
  random: RandomStreams,
) => Promise<AttackResult>;

/** What is examined: an attack on some samples of a target, at one epsilon. */
export interface Examination {
  readonly target: Target;
  readonly attack: AttackForms;
  readonly norm: Norm;
  readonly epsilon: number;
  readonly box: Box;
  /** All samples of the examination, and the positions of those that are right when clean. */
  readonly samples: Samples;
  readonly right: readonly number[];
  /** Gradients that the attack averages at an iterate; more than 1 for randomized targets. */
  readonly draws: number;
  readonly effort: TrustOptions;
  readonly random: RandomStreams;
}

export function gradientsOf({ target }: Examination): DifferentiableTarget | null {
  return isDifferentiable(target) ? target : null;
}

/** One bit a sample of the examination. */
export function bitsOf({ samples }: Pick<Examination, 'samples'>, positions: Iterable<number>): Bits {
  const bits = new Array<string>(samples.indices.length).fill('0');
  for (const position of positions) bits[position] = '1';
  return bits.join('');
}

export function chosen({ inputs, labels, indices }: Samples, positions: readonly number[]): Samples {
  return {
    inputs: takeRows(inputs, positions),
    labels: takeLabels(labels, positions),
    indices: positions.map((position) => indices[position] ?? -1),
  };
}

/** What an attack did to the samples that are right when clean. */
export interface Broken {
  /** Positions among all samples of the examination; each was checked. */
  readonly positions: readonly number[];
  /** Of the samples in `right`, in their order. */
  readonly outcomes: readonly SampleOutcome[];
  readonly inputs: Tensor;
}

/** Runs an attack on the samples that are right when clean, at one epsilon alone, and checks what it says. */
export async function brokenBy(
  examination: Examination,
  attack: AttackForm,
  name: string,
  epsilon = examination.epsilon,
): Promise<Broken> {
  const { target, samples, right, random, norm, box, draws } = examination;
  const part = chosen(samples, right);
  if (right.length === 0) return { positions: [], outcomes: [], inputs: part.inputs };
  const { epsilons } = await attack(target, part, epsilon, random.fork(name));
  const inputs = epsilons[0]?.inputs ?? part.inputs;
  const all = right.map((_, i) => i);
  const checked = await recheck(target, part, inputs, all, { norm, epsilon, box }, decisionDraws(draws));
  return {
    positions: right.filter((_, i) => checked[i]?.refusal === null),
    outcomes: epsilons[0]?.outcomes ?? [],
    inputs,
  };
}

/** Which of some changed inputs are still answered rightly. */
export async function standing(
  { target, draws }: Pick<Examination, 'target' | 'draws'>,
  inputs: Tensor,
  labels: Labels,
): Promise<readonly boolean[]> {
  const scores = await decisiveScores(target, inputs, labels, decisionDraws(draws));
  return Array.from({ length: labels.values.length / labels.width }, (_, i) =>
    isCorrect(target.head, row(scores, i), labelRow(labels, i)),
  );
}
