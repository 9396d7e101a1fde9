import type { JsonObject } from '#base/json';
import type { TrainingState } from '#engine/index';
import type { StepValue } from '#plugin/plugin';
import type { WeightMean } from './averaging.js';
import type { Accuracy } from './standing.js';
import type { Stop } from './trouble.js';

/** What one epoch came to; accuracies are those on the samples held out, null where none are. */
export interface EpochRecord {
  /** 0 is the model as it came. */
  readonly epoch: number;
  /** Mean over the epoch's batches, each before its step; null where it is no number. */
  readonly loss: number | null;
  /** The largest of the epoch. */
  readonly gradientNorm: number | null;
  readonly cleanAccuracy: number | null;
  readonly robustAccuracy: number | null;
}

/** All of a training between two batches, beside its arrays. */
export interface Progress {
  /** The epoch under way, from 1, and how many of its batches are done. */
  readonly epoch: number;
  readonly batch: number;
  /** Of the epoch under way. */
  readonly losses: number;
  readonly steps: number;
  readonly largest: number;
  readonly epochs: readonly EpochRecord[];
  readonly best: { readonly epoch: number; readonly accuracy: Accuracy | null };
  readonly stop: Stop | null;
}

export const START: Progress = {
  ...{ epoch: 1, batch: 0, losses: 0, steps: 0, largest: 0 },
  ...{ epochs: [], best: { epoch: 0, accuracy: null }, stop: null },
};

/** All that a training needs to go on where another stopped. */
export interface Snapshot {
  readonly progress: Progress;
  readonly weights: TrainingState;
  /** Of the best epoch so far. */
  readonly best: TrainingState;
  readonly mean: WeightMean;
  /** Of free training: the change that goes from batch to batch. */
  readonly change: Float32Array;
}

export function packed({ progress, weights, best, mean, change }: Snapshot): StepValue {
  return {
    json: { progress: progress as unknown as JsonObject, averaged: mean.count },
    arrays: { ...prefixed('now', weights), ...prefixed('best', best), ...prefixed('mean', mean.sums), change },
  };
}

/** @param value of `packed` */
export function unpacked({ json, arrays }: StepValue): Snapshot {
  const { progress, averaged } = json as unknown as { readonly progress: Progress; readonly averaged: number };
  return {
    progress,
    weights: chosen(arrays, 'now') as TrainingState,
    best: chosen(arrays, 'best') as TrainingState,
    mean: { count: averaged, sums: chosen(arrays, 'mean') as WeightMean['sums'] },
    change: arrays['change'] as Float32Array,
  };
}

function prefixed<T>(prefix: string, arrays: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(arrays).map(([name, values]) => [`${prefix}/${name}`, values]));
}

function chosen(arrays: StepValue['arrays'], prefix: string): StepValue['arrays'] {
  const own = Object.entries(arrays).filter(([name]) => name.startsWith(`${prefix}/`));
  return Object.fromEntries(own.map(([name, values]) => [name.slice(prefix.length + 1), values]));
}
