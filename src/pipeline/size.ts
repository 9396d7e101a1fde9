import { sizeOf } from '#base/tensor';
import type { DataNeed } from '#plugin/plugin';
import type { PlannedRun } from './types.js';

const FLOAT_BYTES = 4;

/**
 * How many bytes the inputs that a run keeps take at most: each as its original and a delta, before compression. Numbers
 * a sample and pictures come on top and are small beside them.
 */
export function largestEvidence({ plan, loaded, inputs }: PlannedRun): number {
  const sample = inputs.target === null ? 0 : sizeOf(inputs.target.facts.domain.shape) * FLOAT_BYTES;
  const cells = plan.cells.filter(({ fate, data }) => fate.kind === 'run' && data.some(isSamples));
  return cells.length * loaded.config.keep * 2 * sample;
}

function isSamples(need: DataNeed): boolean {
  return need === 'test' || need === 'train';
}
