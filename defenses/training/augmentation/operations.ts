import type { Rng } from '#stats/random';
import { autocontrast, equalize, LEVELS, posterize, solarize } from './levels.js';
import type { Raster } from './raster.js';
import { turn, warp, type Affine } from './warp.js';

/** An image in levels from 0 to 255, and room for its next state. */
export interface Canvas {
  readonly raster: Raster;
  levels: Float32Array;
  spare: Float32Array;
}

/** One operation at a strength that is uniform from 0.1 to the severity (1 to 10). */
export type Operation = (canvas: Canvas, severity: number, source: Rng) => void;

/**
 * The operations of AugMix, which leave out those that resemble the corruptions of ImageNet-C, with the ranges that the
 * authors' code has at the highest strength, 10: 4 bits, 30 degrees, all levels, a shear of 0.3, a third of the side.
 */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  autocontrast: ({ levels, raster }) => autocontrast(levels, raster),
  equalize: ({ levels, raster }) => equalize(levels, raster),
  posterize: ({ levels }, severity, source) => posterize(levels, 4 - whole(strength(severity, source), 4)),
  rotate: (canvas, severity, source) => {
    const degrees = whole(strength(severity, source), 30);
    moved(canvas, turn(canvas.raster, eitherWay(degrees, source)));
  },
  solarize: ({ levels }, severity, source) => solarize(levels, LEVELS - whole(strength(severity, source), LEVELS)),
  shearX: (canvas, severity, source) => moved(canvas, [1, shear(severity, source), 0, 0, 1, 0]),
  shearY: (canvas, severity, source) => moved(canvas, [1, 0, 0, shear(severity, source), 1, 0]),
  translateX: (canvas, severity, source) => {
    moved(canvas, [1, 0, shift(canvas.raster.width, severity, source), 0, 1, 0]);
  },
  translateY: (canvas, severity, source) => {
    moved(canvas, [1, 0, 0, 0, 1, shift(canvas.raster.height, severity, source)]);
  },
};

function shear(severity: number, source: Rng): number {
  return eitherWay((strength(severity, source) * 0.3) / 10, source);
}

function shift(side: number, severity: number, source: Rng): number {
  return eitherWay(whole(strength(severity, source), side / 3), source);
}

function strength(severity: number, source: Rng): number {
  return 0.1 + (severity - 0.1) * source.uniform();
}

/** A part of the most that an operation does at strength 10, rounded down. */
function whole(at: number, most: number): number {
  return Math.floor((at * most) / 10);
}

function eitherWay(size: number, source: Rng): number {
  return source.uniform() > 0.5 ? -size : size;
}

function moved(canvas: Canvas, affine: Affine): void {
  warp(canvas.levels, canvas.raster, affine, 0, canvas.spare);
  [canvas.levels, canvas.spare] = [canvas.spare, canvas.levels];
}
