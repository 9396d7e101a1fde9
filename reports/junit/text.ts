import { clip, visible } from '../format.js';

const ATTRIBUTE_LENGTH = 1000;
const BODY_LENGTH = 20_000;

/** The two characters that XML 1.0 forbids and `visible` leaves: they are no controls, and no characters either. */
const FORBIDDEN = /[\ufffe\uffff]/g;

/** Text from outside in an attribute, where XML makes every white space a space. */
export function attribute(text: string): string {
  return characters(clip(text, ATTRIBUTE_LENGTH)).replace(/\s+/g, ' ').trim();
}

/** Text from outside in the body of an element. */
export function body(text: string): string {
  return characters(clip(text, BODY_LENGTH));
}

/** What XML 1.0 does not allow, even as a reference, is written as an escape and never dropped (section 2.2). */
function characters(text: string): string {
  return visible(text).replace(FORBIDDEN, (character) => `\\u{${character.charCodeAt(0).toString(16).toUpperCase()}}`);
}
