import type { Tokenizer } from '#data/text/tokenizer';
import type { TextDomain } from '../domain.js';
import type { Target } from '../target.js';

/**
 * A target of texts. What it is given is rows of token ids, [n, length], whole numbers; gradients are taken at the
 * embeddings, [n, length, width].
 */
export interface TextTarget extends Target {
  readonly domain: TextDomain;
  /** From texts to rows of ids (`encode`), back (`decode`), and to what each token reads (`tokens`). */
  readonly tokenizer: Tokenizer;
}

export function isTextTarget(target: Target): target is TextTarget {
  return target.domain.kind === 'text' && 'tokenizer' in target && target.tokenizer !== null;
}
