import type { ModelFacts } from '../../contract.js';
import { isFixedOn } from '../devices/fixed-batch.js';
import { bytesPerSample } from '../graph/trace.js';
import { weightBytes } from '../model.js';
import type { Preparation, PreparedGraph } from '../prepare.js';

export interface Copies {
  readonly count: number;
  /** Of each. */
  readonly threads: number;
}

/** Attacks take the steps of all samples in one thread, which can serve no more. */
const MOST = 4;
/** Each copy holds the weights, and the values of an execution, once for each loss; of one loss all of them may hold this. */
const BYTES = 2 ** 28;

/**
 * How many copies of a model in threads of their own save time. The operators of small models are too short to be shared by
 * threads without waiting; those of large ones are not, and their copies would take much memory.
 */
export function copiesWorthwhile(
  { file, spec }: Preparation,
  { random }: ModelFacts,
  { trace, rows }: PreparedGraph,
): Copies {
  const { threads } = spec.resources;
  const memory = weightBytes(file) + rows * bytesPerSample(trace);
  // Who draws which random number would depend on who comes first.
  const fits = !isFixedOn(spec.device) && random.length === 0;
  const count = fits ? Math.min(threads, MOST, Math.floor(BYTES / memory)) : 0;
  return count < 2 ? { count: 0, threads } : { count, threads: Math.floor(threads / count) };
}
