import type { Raster } from './raster.js';
import type { SampleChange, Step } from './sample-change.js';
import { turn, warp } from './warp.js';

/**
 * Turns an image around its middle by an angle that is uniform up to `degrees` either way; bilinear, and what turns in has
 * the lowest value (Simard, Steinkraus & Platt 2003, "Best practices for convolutional neural networks").
 */
export function rotationOf({ degrees }: Step<'rotation'>, raster: Raster): SampleChange {
  const whole = new Float32Array(raster.size);
  return (values, source) => {
    whole.set(values);
    warp(whole, raster, turn(raster, (2 * source.uniform() - 1) * degrees), raster.low, values);
  };
}
