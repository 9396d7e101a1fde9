import { AssayError } from '#base/errors';
import type { LossKind, LossSpec, OutputHead } from '../../contract.js';

/** A loss without its numbers: what a graph is compiled for. */
export type LossForm =
  | { readonly kind: Exclude<LossKind, 'weighted-sum'> }
  | { readonly kind: 'weighted-sum'; readonly terms: readonly LossForm[] };

export function formOf(loss: LossSpec): LossForm {
  return loss.kind === 'weighted-sum'
    ? { kind: loss.kind, terms: loss.terms.map((term) => formOf(term.loss)) }
    : { kind: loss.kind };
}

const LEAST_CLASSES: Partial<Record<LossKind, number>> = { dlr: 3, 'targeted-dlr': 4 };

/** @throws AssayError `usage` where a head has no such loss. */
export function requireLoss(kind: LossKind, head: OutputHead, width: number): void {
  const least = LEAST_CLASSES[kind];
  const needsClasses = least !== undefined;
  if (needsClasses && (head !== 'classes' || width < least)) {
    throw new AssayError('usage', { what: `the loss \`${kind}\` is defined for ${least} classes or more` });
  }
  if (kind === 'divergence' && head === 'regression') {
    throw new AssayError('usage', { what: 'the loss `divergence` compares probabilities, and a regression has none' });
  }
}
