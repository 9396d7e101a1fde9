import { sizeOf } from '#base/tensor';
import type { CompleteConfig } from '#config/loaded';
import type { Resources } from '#engine/index';
import { isBlackBox } from '#target/black-box/declare';
import type { Domain } from '#target/domain';
import type { TargetInput } from './types.js';

/** Values of an input of which `batchSize` run in one execution: those of a picture of 32 x 32. */
const USUAL_VALUES = 1024;
/** Tokens of such a text. Memory for attention grows with their square, so that long texts run one by one. */
const USUAL_TOKENS = 32;
/** Of pictures and tables so many keep all threads busy. */
const LEAST = 16;

/**
 * How the machine is used where thousands of inputs go through a model one way. `batchSize` is that of inputs of usual size; of smaller
 * ones more run in one execution, of larger ones less. Endpoints and modules are asked for `batchSize` rows at a time, as their
 * config says.
 */
export function resourcesFor(
  { threads, batchSize }: Pick<CompleteConfig['execution'], 'threads' | 'batchSize'>,
  { config, facts }: Pick<TargetInput, 'config' | 'facts'>,
): Resources {
  return { threads, batchSize: isBlackBox(config) ? batchSize : rowsAtOnce(batchSize, facts.domain) };
}

function rowsAtOnce(batchSize: number, { kind, shape }: Domain): number {
  const values = Math.max(1, sizeOf(shape));
  if (kind === 'text') return Math.max(1, Math.floor((batchSize * USUAL_TOKENS) / values));
  return Math.max(Math.min(batchSize, LEAST), Math.floor((batchSize * USUAL_VALUES) / values));
}
