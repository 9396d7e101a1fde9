import { clip, visible } from '../format.js';
import type { MessageString } from './model.js';

/** GitHub shows about as much of a message. */
const MESSAGE_LENGTH = 4000;

/**
 * Text from outside as a message that no viewer interprets (SARIF 2.1.0, 3.11.5 and 3.11.6): braces are doubled, so that
 * `{0}` is no placeholder; where brackets could be read as a link (`[text](1)`), they and backslashes are escaped, and
 * left as they are where not, since viewers without links would show the backslashes. A message is never empty.
 */
export function message(text: string, fallback: string): MessageString {
  return { text: escaped(text) || escaped(fallback) || '(no text)' };
}

export function escaped(text: string): string {
  const plain = foreign(text, MESSAGE_LENGTH);
  const withoutLinks = plain.includes('](') ? plain.replace(/[\\[\]]/g, '\\$&') : plain;
  return doubled(withoutLinks);
}

/** Also Markdown has no placeholders of ours. */
export function doubled(text: string): string {
  return text.replace(/[{}]/g, '$&$&');
}

/** Text in properties and ids, which no viewer interprets. */
export function foreign(text: string, limit: number): string {
  return visible(clip(text, limit)).trim();
}
