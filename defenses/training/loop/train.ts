import { boxOf } from '#attacks/evasion/index';
import { rowsOf, type Tensor } from '#base/tensor';
import type { DescentStep } from '#engine/index';
import type { Bookmark, StepValue } from '#plugin/plugin';
import type { RandomStreams } from '#stats/random';
import type { ContinuousDomain } from '#target/domain';
import { scoreWidth } from '#target/head';
import type { SampleSource } from '#target/sample-source';
import type { TrainableTarget, Trainer } from '#target/target';
import { augment } from '../augmentation/augment.js';
import { completeSteps, type Recipe } from '../recipe.js';
import { learningRateOf, optimizerOf, passesOf, replaysOf } from '../settings.js';
import { NO_WEIGHTS, settleAt, withWeights } from './averaging.js';
import { descend, replayed, type Setting } from './descend.js';
import { occurrences, seededDropout, type Draws } from './draws.js';
import { presentTarget } from './present-target.js';
import { packed, START, unpacked, type EpochRecord, type Progress, type Snapshot } from './progress.js';
import { accuracyOn, isBetter, type Accuracy } from './standing.js';
import { collapseOf, constantOf, isTrouble, outOfPatience, troubleOf, type Stop } from './trouble.js';
import { targetsOf, type Truth } from './truth.js';

export interface TrainingRun {
  readonly target: TrainableTarget;
  readonly domain: ContinuousDomain;
  readonly train: SampleSource;
  /** What decides which epoch is kept; null: the last is. */
  readonly validation: SampleSource | null;
  readonly recipe: Recipe;
  readonly draws: Draws;
  readonly random: RandomStreams;
  readonly bookmark?: Bookmark<StepValue>;
  /** Milliseconds between two bookmarks. */
  readonly bookmarkEvery?: number;
  /** Done and total, in batches. */
  readonly progress?: (done: number, total: number) => void;
}

export interface Trained {
  /** At the weights that are kept. The caller disposes of it. */
  readonly trainer: Trainer;
  readonly epochs: readonly EpochRecord[];
  /** The epoch whose weights are kept: 0 is the model as it came; null for the mean of several. */
  readonly kept: number | null;
  /** Why it ended before its last epoch. */
  readonly stop: Stop | null;
}

const BOOKMARK_EVERY = 15_000;

/**
 * Trains a copy of a target by a recipe. The same model, data, recipe and draws give the same weights on the same machine,
 * also when the training was stopped at any moment and went on from its bookmark. What goes wrong ends it with the last
 * good weights.
 */
export async function train(run: TrainingRun): Promise<Trained> {
  const { target, recipe, draws, random } = run;
  const batches = Math.ceil(draws.order(1).length / recipe.batchSize);
  const trainer = await target.trainer({
    optimizer: optimizerOf(recipe),
    learningRate: learningRateOf(recipe, passesOf(recipe) * batches * replaysOf(recipe)),
    weightDecay: recipe.optimizer.weightDecay,
    ...(recipe.dropout ? { dropout: seededDropout(random.fork('dropout')) } : {}),
  });
  const training = new Training(run, { trainer, head: target.head, recipe, box: boxOf(target) }, batches);
  await training.resume();
  await training.finish();
  return training.result();
}

class Training {
  #progress = START;
  #mean = NO_WEIGHTS;
  /** The weights to go back to. */
  #best: Snapshot['best'];
  #change: Float32Array;
  #bookmarkedAt = performance.now();

  constructor(
    private readonly run: TrainingRun,
    private readonly setting: Setting,
    private readonly batches: number,
  ) {
    this.#best = setting.trainer.state();
    this.#change = new Float32Array(run.recipe.batchSize * setting.box.low.length);
  }

  async resume(): Promise<void> {
    const kept = await this.run.bookmark?.recall();
    if (kept === null || kept === undefined) return;
    const { progress, weights, best, mean, change } = unpacked(kept);
    this.setting.trainer.restore(weights);
    [this.#progress, this.#best, this.#mean, this.#change] = [progress, best, mean, change];
  }

  async finish(): Promise<void> {
    const { recipe, train: data } = this.run;
    if (this.#progress.epochs.length === 0) await this.#beginning();
    while (this.#progress.stop === null && this.#progress.epoch <= passesOf(recipe)) await this.#epoch();
    await this.#bookmark();
    if (this.#keepsMean()) await settleAt(this.setting.trainer, this.#mean, data, recipe.batchSize);
    else this.setting.trainer.restore(this.#best);
  }

  result(): Trained {
    const { epochs, best, stop } = this.#progress;
    return { trainer: this.setting.trainer, epochs, kept: this.#keepsMean() ? null : best.epoch, stop };
  }

  #keepsMean(): boolean {
    return this.#mean.count > 0 && !isTrouble(this.#progress.stop);
  }

  async #beginning(): Promise<void> {
    this.#update({ epochs: [{ epoch: 0, loss: null, gradientNorm: null, ...accuracies(await this.#accuracy()) }] });
  }

  async #epoch(): Promise<void> {
    const { recipe, draws, progress, bookmarkEvery = BOOKMARK_EVERY } = this.run;
    const { epoch } = this.#progress;
    const order = Int32Array.from(draws.order(epoch));
    const repeats = occurrences(order);
    while (this.#progress.batch < this.batches) {
      const start = this.#progress.batch * recipe.batchSize;
      const end = start + recipe.batchSize;
      await this.#batch(epoch, order.slice(start, end), repeats.subarray(start, end));
      progress?.((epoch - 1) * this.batches + this.#progress.batch, passesOf(recipe) * this.batches);
      if (this.#progress.stop !== null) {
        this.#record(null);
        return;
      }
      if (performance.now() - this.#bookmarkedAt >= bookmarkEvery) await this.#bookmark();
    }
    await this.#endEpoch(epoch);
  }

  async #batch(epoch: number, positions: Int32Array, repeats: Int32Array): Promise<void> {
    const place = { epoch, batch: this.#progress.batch + 1 };
    const samples = await this.run.train.take(positions);
    const { inputs, truth } = this.#learned(place, samples, repeats);
    const steps = await this.#descents(epoch, inputs, truth, samples.indices, repeats);
    const { batch, losses, steps: before, largest } = this.#progress;
    this.#update({
      batch: batch + 1,
      losses: losses + steps.reduce((sum, { loss }) => sum + loss * rowsOf(inputs), 0),
      steps: before + steps.length * rowsOf(inputs),
      largest: Math.max(largest, ...steps.map(({ gradientNorm }) => gradientNorm)),
      stop: steps.map((step) => troubleOf(step, this.run.recipe, place)).find((stop) => stop !== null) ?? null,
    });
  }

  /** A batch as it is learned: augmented, with what it is taught. */
  #learned(
    { epoch, batch }: { readonly epoch: number; readonly batch: number },
    samples: Awaited<ReturnType<SampleSource['take']>>,
    repeats: Int32Array,
  ): { readonly inputs: Tensor; readonly truth: Truth } {
    const { recipe, random, target, domain } = this.run;
    const { head } = target;
    const { inputs, targets } = augment(samples, {
      ...{ steps: completeSteps(recipe.augmentation), domain, head, repeats },
      targets: targetsOf(head, samples.labels, scoreWidth(head), recipe.labelSmoothing),
      random: random.fork('augmentation').fork(epoch),
      batchRandom: random.fork('mixture').fork(epoch).of(batch),
    });
    const soft = recipe.labelSmoothing > 0 || recipe.augmentation.some(({ kind }) => kind === 'mixup');
    return { inputs, truth: { labels: samples.labels, targets, soft } };
  }

  async #descents(
    epoch: number,
    inputs: Tensor,
    truth: Truth,
    indices: readonly number[],
    repeats: Int32Array,
  ): Promise<readonly DescentStep[]> {
    const { recipe, draws } = this.run;
    if (recipe.method === 'free') return replayed(this.setting, inputs, truth, this.#change);
    const numbers = recipe.method === 'standard' ? [] : draws.start(epoch, indices, repeats);
    return [await descend(this.setting, inputs, truth, numbers)];
  }

  async #endEpoch(epoch: number): Promise<void> {
    const { recipe } = this.run;
    const accuracy = await this.#accuracy();
    const collapse = accuracy === null ? null : this.#collapse(epoch, accuracy);
    this.#record(accuracy);
    const { trainer } = this.setting;
    if (collapse === null) {
      if (isBetter(recipe, accuracy, this.#progress.best.accuracy)) {
        this.#best = trainer.state();
        this.#update({ best: { epoch, accuracy } });
      }
      const { on, from } = recipe.averaging;
      if (on && epoch > from * passesOf(recipe)) this.#mean = withWeights(this.#mean, trainer.state());
    }
    const stop = collapse ?? outOfPatience(recipe, epoch, this.#progress.best.epoch);
    this.#update({ epoch: epoch + 1, batch: 0, losses: 0, steps: 0, largest: 0, stop });
  }

  #collapse(epoch: number, { clean, robust }: Accuracy): Stop | null {
    const { recipe, target, validation } = this.run;
    const { epochs } = this.#progress;
    const before = epoch === 1 ? null : (epochs.at(-1)?.robustAccuracy ?? null);
    const overfitting = collapseOf(recipe, epoch, before, robust);
    if (overfitting !== null || validation === null) return overfitting;
    const best = epochs.reduce((most, { cleanAccuracy }) => Math.max(most, cleanAccuracy ?? 0), 0);
    return constantOf(target.head, validation.labels, epoch, best, clean);
  }

  #record(accuracy: Accuracy | null): void {
    const { epoch, losses, steps, largest, epochs } = this.#progress;
    const record = { epoch, loss: finite(losses / steps), gradientNorm: finite(largest), ...accuracies(accuracy) };
    this.#update({ epochs: [...epochs, record] });
  }

  /** Of the present weights. */
  async #accuracy(): Promise<Accuracy | null> {
    const { validation, target, recipe, random } = this.run;
    if (validation === null) return null;
    const present = presentTarget(target, this.setting.trainer, recipe.batchSize);
    return accuracyOn(present, validation, recipe, random.fork('validation'));
  }

  async #bookmark(): Promise<void> {
    const { trainer } = this.setting;
    await this.run.bookmark?.keep(
      packed({
        ...{ progress: this.#progress, weights: trainer.state(), best: this.#best },
        ...{ mean: this.#mean, change: this.#change },
      }),
    );
    this.#bookmarkedAt = performance.now();
  }

  #update(changes: Partial<Progress>): void {
    this.#progress = { ...this.#progress, ...changes };
  }
}

function accuracies(accuracy: Accuracy | null): Pick<EpochRecord, 'cleanAccuracy' | 'robustAccuracy'> {
  return { cleanAccuracy: accuracy?.clean ?? null, robustAccuracy: accuracy?.robust ?? null };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
