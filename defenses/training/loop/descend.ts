import type { Ball, Box } from '#attacks/evasion/index';
import { row, rowRange, rowSize, rowsOf, type Tensor } from '#base/tensor';
import type { DescentStep, LossSpec } from '#engine/index';
import type { Head } from '#target/head';
import type { Trainer } from '#target/target';
import { mart } from '../objectives/mart.js';
import type { PairedObjective } from '../objectives/objective.js';
import { slopePenalty } from '../objectives/slope-penalty.js';
import { trades } from '../objectives/trades.js';
import { negated, perturbation, weightsOf } from '../objectives/weight-perturbation.js';
import type { Recipe } from '../recipe.js';
import { outputHead, stepSizeOf } from '../settings.js';
import { ascend, ballsAround, climbed, startIn } from './inner.js';
import { lossOf, probabilitiesOf, type Truth } from './truth.js';

/** What every descent of a training has in common. */
export interface Setting {
  readonly trainer: Trainer;
  readonly head: Head;
  readonly recipe: Recipe;
  readonly box: Box;
}

/** What one descent is taken on: inputs, and the loss at the present weights with its mean where the engine does not know it. */
interface Objective {
  readonly inputs: Tensor;
  readonly loss: () => Promise<{ readonly loss: LossSpec; readonly mean: number | null }>;
}

/**
 * Makes the examples of a batch and takes one descent step on them.
 *
 * @param clean inputs as they were augmented
 * @param numbers of `Draws.start`
 */
export async function descend(
  setting: Setting,
  clean: Tensor,
  truth: Truth,
  numbers: ArrayLike<number>,
): Promise<DescentStep> {
  return step(setting, await objectiveOf(setting, clean, truth, numbers));
}

async function objectiveOf(
  setting: Setting,
  clean: Tensor,
  truth: Truth,
  numbers: ArrayLike<number>,
): Promise<Objective> {
  const { recipe, box, head, trainer } = setting;
  if (recipe.method === 'standard') return plain(setting, clean, truth);
  const balls = ballsAround(clean, recipe, box);
  const start = startIn(balls, clean.shape, recipe, box, numbers);
  const taught = lossOf(head, truth);
  switch (recipe.method) {
    case 'trades': {
      const { scores } = await trainer.inputGradient(clean, taught);
      const away: LossSpec = { kind: 'divergence', probabilities: probabilitiesOf(head, scores) };
      const perturbed = await climbed(trainer, balls, start, away, recipe, box);
      return paired(setting, clean, perturbed, truth, trades(recipe.beta));
    }
    case 'mart': {
      const perturbed = await climbed(trainer, balls, start, taught, recipe, box);
      return paired(setting, clean, perturbed, truth, mart(recipe.beta));
    }
    default:
      return plain(setting, await climbed(trainer, balls, start, taught, recipe, box), truth);
  }
}

/** The loss of the inputs themselves, with the penalty on its slope where the recipe has one. */
async function plain(setting: Setting, inputs: Tensor, truth: Truth): Promise<Objective> {
  const loss = lossOf(setting.head, truth);
  const { gradientPenalty } = setting.recipe;
  if (gradientPenalty === 0) return { inputs, loss: () => Promise.resolve({ loss, mean: null }) };
  const { ahead, distances } = await furtherAlong(setting, inputs, loss);
  return paired(setting, inputs, ahead, truth, slopePenalty(gradientPenalty, distances));
}

/** How far along its gradient the slope of a loss is measured, as a part of the width of the ranges (h = 0.01 there). */
const LOOK_AHEAD = 0.01;

async function furtherAlong({ trainer, box }: Setting, inputs: Tensor, loss: LossSpec) {
  const { gradient } = await trainer.inputGradient(inputs, loss);
  const distance = LOOK_AHEAD * meanWidth(box);
  const ahead = { shape: inputs.shape, data: inputs.data.slice() };
  for (let i = 0; i < rowsOf(inputs); i++) {
    const slope = row(gradient, i);
    const length = Math.sqrt(slope.reduce((sum, value) => sum + value * value, 0));
    if (!(length > 0)) continue;
    const point = row(ahead, i);
    for (let j = 0; j < point.length; j++) point[j] = (point[j] ?? NaN) + (distance * (slope[j] ?? NaN)) / length;
  }
  return { ahead, distances: new Float64Array(rowsOf(inputs)).fill(distance) };
}

function meanWidth({ low, high }: Box): number {
  return high.reduce((sum, value, j) => sum + value - (low[j] ?? NaN), 0) / high.length;
}

/** A loss over pairs, descended by its derivative at the scores that the step will see. */
function paired(setting: Setting, first: Tensor, second: Tensor, truth: Truth, objective: PairedObjective): Objective {
  const { trainer, head } = setting;
  const n = rowsOf(first);
  const inputs = joinedPair(first, second);
  return {
    inputs,
    async loss() {
      const scores = await trainer.trainingScores(inputs);
      const { value, byClean, byPerturbed } = objective({
        ...{ head: outputHead(head), labels: truth.labels.values, targets: truth.targets },
        ...{ clean: rowRange(scores, 0, n), perturbed: rowRange(scores, n, 2 * n) },
      });
      // A step descends the mean over its 2 n rows, and this loss is the mean over n pairs.
      const values = new Float64Array(2 * byClean.length);
      for (let k = 0; k < byClean.length; k++) {
        values[k] = 2 * (byClean[k] ?? NaN);
        values[byClean.length + k] = 2 * (byPerturbed[k] ?? NaN);
      }
      return { loss: { kind: 'weighted-scores', values }, mean: value.reduce((sum, each) => sum + each, 0) / n };
    },
  };
}

function joinedPair(first: Tensor, second: Tensor): Tensor {
  const data = new Float32Array(2 * first.data.length);
  data.set(first.data);
  data.set(second.data, first.data.length);
  return { shape: [2 * rowsOf(first), ...first.shape.slice(1)], data };
}

/** One step on an objective; at adversarially perturbed weights where the recipe perturbs them. */
async function step({ trainer, recipe }: Setting, { inputs, loss }: Objective): Promise<DescentStep> {
  const taken = async (): Promise<DescentStep> => {
    const at = await loss();
    const { loss: mean, gradientNorm } = await trainer.step(inputs, at.loss);
    return { loss: at.mean ?? mean, gradientNorm };
  };
  if (recipe.weightPerturbation === 0) return taken();
  const gradients = await trainer.weightGradients(inputs, (await loss()).loss);
  const shift = perturbation(gradients, weightsOf(trainer), recipe.weightPerturbation);
  trainer.shift(shift);
  const done = await taken();
  trainer.shift(negated(shift));
  return done;
}

/**
 * Free adversarial training of one batch (Shafahi et al. 2019, arXiv:1904.12843, algorithm 1): at each replay the weights
 * descend and the change of the inputs climbs, both by gradients at the same weights. The two are computed apart, which
 * takes twice the time of the authors' code and gives the same.
 *
 * @param change of each value, in the units of the data: goes from batch to batch, and is moved in place
 */
export async function replayed(
  setting: Setting,
  clean: Tensor,
  truth: Truth,
  change: Float32Array,
): Promise<readonly DescentStep[]> {
  const { trainer, recipe, box } = setting;
  const balls = ballsAround(clean, recipe, box);
  const loss = lossOf(setting.head, truth);
  const steps: DescentStep[] = [];
  for (let replay = 0; replay < recipe.replays; replay++) {
    const inputs = changed(clean, balls, change);
    const { gradient } = await trainer.inputGradient(inputs, loss);
    steps.push(await step(setting, await plain(setting, inputs, truth)));
    ascend(balls, inputs, gradient, stepSizeOf(recipe), box);
    for (let k = 0; k < inputs.data.length; k++) change[k] = (inputs.data[k] ?? NaN) - (clean.data[k] ?? NaN);
  }
  return steps;
}

function changed(clean: Tensor, balls: readonly Ball[], change: Float32Array): Tensor {
  const inputs = { shape: clean.shape, data: new Float32Array(clean.data.length) };
  const size = rowSize(clean);
  const point = new Float64Array(size);
  balls.forEach((ball, i) => {
    for (let j = 0; j < size; j++) point[j] = (ball.center[j] ?? NaN) + (change[i * size + j] ?? NaN);
    ball.project(point, row(inputs, i));
  });
  return inputs;
}
