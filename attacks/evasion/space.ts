import { AssayError } from '#base/errors';
import { isContinuous, type ContinuousDomain } from '#target/domain';
import type { Target } from '#target/target';

/** The domain of a target whose inputs have a distance. @throws AssayError `plugin` for tokens */
export function continuousDomain({ domain }: Target): ContinuousDomain {
  if (isContinuous(domain)) return domain;
  throw new AssayError('plugin', { what: 'an attack within a ball needs real-valued inputs' });
}

/** Lowest and highest legal value of a target's inputs. @throws AssayError `plugin` for tokens */
export function rangeOf(target: Target): readonly [number, number] {
  return continuousDomain(target).range;
}
