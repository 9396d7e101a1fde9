import { sizeOf } from '#base/tensor';
import type { Domain } from '#target/domain';

/** Tokens that one explainer has a model read unless it is told to read more: 512 texts of 512 tokens, some minutes of BERT-base on two cores. */
const TOKENS = 2 ** 18;
/** The same in values of pictures and tables: some 3,500 pictures of 3 x 224 x 224. */
const VALUES = 2 ** 29;

/**
 * How many inputs an explainer asks for where nobody has said how many: as many as are usual, or less where inputs are large. It
 * depends on the shape of inputs alone and not on how fast a machine is, so that it is the same everywhere.
 */
export function affordable(usual: number, { kind, shape }: Domain): number {
  const most = (kind === 'text' ? TOKENS : VALUES) / Math.max(1, sizeOf(shape));
  return Math.min(usual, Math.max(1, Math.floor(most)));
}
