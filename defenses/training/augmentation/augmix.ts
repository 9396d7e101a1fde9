import { beta, dirichlet, type Rng } from '#stats/random';
import { LEVELS } from './levels.js';
import { OPERATIONS, type Canvas } from './operations.js';
import type { Raster } from './raster.js';
import type { SampleChange, Step } from './sample-change.js';

const ALL = Object.values(OPERATIONS);

/**
 * AugMix (Hendrycks et al. 2020, arXiv:1912.02781, algorithm 1, without the Jensen-Shannon loss): `width` chains of random
 * operations on the image, added with shares from Dirichlet(alpha), and mixed with the image itself by a share from
 * Beta(alpha, alpha). Operations work on levels from 0 to 255, which is the range of the domain.
 */
export function augmixOf(step: Step<'augmix'>, raster: Raster): SampleChange {
  const { low, high, size } = raster;
  const level = (high - low) / (LEVELS - 1);
  const canvas: Canvas = { raster, levels: new Float32Array(size), spare: new Float32Array(size) };
  const unmixed = new Float32Array(size);
  const mixture = new Float64Array(size);
  return (values, source) => {
    const shares = dirichlet(step.alpha, step.width, source);
    const mixed = beta(step.alpha, step.alpha, source);
    for (let i = 0; i < size; i++) unmixed[i] = toLevel(values[i] ?? NaN, low, level);
    mixture.fill(0);
    for (const share of shares) {
      canvas.levels.set(unmixed);
      operate(canvas, step, source);
      addTo(mixture, canvas.levels, share);
    }
    for (let i = 0; i < size; i++) {
      const value = (1 - mixed) * (values[i] ?? NaN) + mixed * (low + level * (mixture[i] ?? NaN));
      values[i] = Math.min(high, Math.max(low, value));
    }
  };
}

/** One chain: as many operations as `depth` says, or 1 to 3. */
function operate(canvas: Canvas, { depth, severity }: Step<'augmix'>, source: Rng): void {
  const length = depth > 0 ? depth : 1 + source.integer(3);
  for (let i = 0; i < length; i++) ALL[source.integer(ALL.length)]?.(canvas, severity, source);
}

function addTo(mixture: Float64Array, levels: Float32Array, share: number): void {
  for (let i = 0; i < mixture.length; i++) mixture[i] = (mixture[i] ?? NaN) + share * (levels[i] ?? NaN);
}

/** Within 0 and 255 also where the value is beyond the range by rounding. */
function toLevel(value: number, low: number, level: number): number {
  return Math.min(LEVELS - 1, Math.max(0, (value - low) / level));
}
