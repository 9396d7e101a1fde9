import type { Tensor } from '#base/tensor';
import type { DifferentiableTarget } from '#target/target';
import { withPreprocessor, type Preprocessor } from '#target/preprocessing/preprocessed';

/** What an adversary takes for the gradient of a preprocessor; the identity where there is no `backward`. */
export interface Surrogate {
  /** After `backward by`: `the identity`. */
  readonly name: string;
  readonly backward?: NonNullable<Preprocessor['backward']>;
}

/** A preprocessor, and the ways in which one who knows it goes back through it. */
export interface Front {
  /** As claims begin: `JPEG compression at quality 75`. */
  readonly name: string;
  readonly apply: (batch: Tensor) => Tensor | Promise<Tensor>;
  readonly surrogates: readonly Surrogate[];
}

export const IDENTITY: Surrogate = { name: 'the identity' };

/** The model behind a preprocessor, once for each way back: all give the same scores. */
export function behind(front: Front, target: DifferentiableTarget): DifferentiableTarget[] {
  return front.surrogates.map(({ backward }) =>
    withPreprocessor(target, { apply: front.apply, ...(backward === undefined ? {} : { backward }) }),
  );
}
