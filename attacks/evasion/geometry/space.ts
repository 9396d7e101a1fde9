import { AssayError } from '#base/errors';
import { isContinuous, type ContinuousDomain } from '#target/domain';
import { boundsOf, immutablePositions } from '#target/table-domain';
import type { Target } from '#target/target';

/** What every input may be: the lowest and highest legal value of each position, and the positions that nobody can change. */
export interface Box {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly immutable: ReadonlySet<number>;
}

/** The domain of a target whose inputs have a distance. @throws AssayError `plugin` for tokens */
export function continuousDomain({ domain }: Target): ContinuousDomain {
  if (isContinuous(domain)) return domain;
  throw new AssayError('plugin', { what: 'an attack within a ball needs real-valued inputs' });
}

/** The box of a target's legal inputs. @throws AssayError `plugin` for tokens */
export function boxOf(target: Target): Box {
  const domain = continuousDomain(target);
  return {
    ...boundsOf(domain),
    immutable: domain.kind === 'tabular' ? immutablePositions(domain) : new Set(),
  };
}

/** Of a position: how far apart its ends are. */
export function widthAt({ low, high }: Box, position: number): number {
  return (high[position] ?? NaN) - (low[position] ?? NaN);
}
