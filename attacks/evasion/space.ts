import { AssayError } from '#base/errors';
import { isContinuous } from '#target/domain';
import type { Target } from '#target/target';

/** Lowest and highest legal value of a target's inputs. @throws AssayError `plugin` for tokens */
export function rangeOf(target: Target): readonly [number, number] {
  if (isContinuous(target.domain)) return target.domain.range;
  throw new AssayError('plugin', { what: 'an attack within a ball needs real-valued inputs' });
}
