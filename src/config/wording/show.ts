const LONGEST = 60;
/** C1 controls, line separators and marks that turn the direction of text: they could forge what a terminal shows. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A value as a message names it: JSON, on one line, at most 60 characters. */
export function show(value: unknown): string {
  const text = escapeControls(textOf(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text;
}

export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** `a`, `a or b`, `a, b or c`. */
export function alternatives(words: readonly string[], conjunction: 'or' | 'and' = 'or'): string {
  const last = words.at(-1) ?? 'nothing';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} ${conjunction} ${last}`;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, LONGEST));
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return String(value);
}
