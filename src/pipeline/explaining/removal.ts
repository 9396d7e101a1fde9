import { sizeOf } from '#base/tensor';
import { sourceOf, type StoredSamples } from '#data/streams/stored-samples';
import type { Domain } from '#target/domain';
import type { Attributed } from './agreement.js';
import { onGround, removableOf, type Ground } from './ground.js';
import type { RemovalWork } from './task.js';

/** Random orders that every attribution is held against. */
const ORDERS = 100;
/** Background samples that are read at once. */
const CHUNK = 256;

export interface PlannedRemoval {
  readonly work: RemovalWork;
  /** What stands in the place of what is taken away, in words. */
  readonly baseline: string;
}

/** What is taken away, and what stands in its place: of texts the token for what is hidden, else the mean of the background. */
export async function planRemoval(
  domain: Domain,
  input: Float32Array,
  background: StoredSamples,
  ground: Ground,
  attributed: readonly Attributed[],
): Promise<PlannedRemoval> {
  const replaced = domain.kind === 'text' ? hiddenTokens(domain) : await meanOf(background);
  const { baseline, words } = replaced;
  const removable = removableOf(domain, input, ground);
  return {
    baseline: words,
    work: {
      baseline,
      of: removable.of,
      features: removable.names.length,
      attributions: attributed
        .map(({ id, attribution }) => ({ id, values: onGround(attribution, removable) }))
        .filter(({ values }) => putsInOrder(values)),
      orders: ORDERS,
    },
  };
}

/** Values that are the same everywhere, such as a map of zeros, name nothing that comes first: there is nothing to hold against random orders. */
function putsInOrder(values: Float64Array): boolean {
  return values.some((value) => value !== values[0]);
}

interface Replacement {
  readonly baseline: Float32Array;
  readonly words: string;
}

function hiddenTokens({ shape, tokens }: Extract<Domain, { readonly kind: 'text' }>): Replacement {
  const { mask = null, padding = null } = tokens ?? {};
  return {
    baseline: new Float32Array(sizeOf(shape)).fill(mask ?? padding ?? 0),
    words: mask !== null ? 'the mask token' : padding !== null ? 'the padding token' : 'the token with the id 0',
  };
}

async function meanOf(background: StoredSamples): Promise<Replacement> {
  const source = sourceOf(background);
  const count = background.indices.length;
  const size = sizeOf(background.shape);
  const sums = new Float64Array(size);
  for (let start = 0; start < count; start += CHUNK) {
    const { inputs } = await source.range(start, Math.min(start + CHUNK, count));
    for (let i = 0; i < inputs.data.length; i++) sums[i % size] = (sums[i % size] ?? 0) + (inputs.data[i] ?? NaN);
  }
  return { baseline: Float32Array.from(sums, (sum) => sum / count), words: `the mean of ${count} background samples` };
}
