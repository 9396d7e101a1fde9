import type { Tokens } from './tokens.js';

/** Where a token stands in a text: from its first UTF-16 unit to the one behind its last. */
export type Offset = readonly [start: number, end: number];

/** A text as the tokenizer sees it, in UTF-8, with the place in the original text of each byte. */
interface Seen {
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

const encoder = new TextEncoder();

/**
 * Finds each token in the text, one behind the other: the library that makes the tokens does not say where they are from.
 * Characters are normalized one by one, so a token that a normalization made out of several has the place of all.
 *
 * @param words tokens of the whole text, without those that were added around it
 * @returns null for a token that cannot be found
 */
export function offsetsOf(tokens: Tokens, text: string, words: readonly string[]): readonly (Offset | null)[] {
  const seen = seenBy(tokens, text);
  const unknown = tokens.model.unk_token;
  const offsets: (Offset | null)[] = [];
  let at = 0;
  for (const [i, word] of words.entries()) {
    at = afterSpaces(seen.bytes, at);
    const end =
      word === unknown
        ? endOfUnknown(tokens, seen.bytes, at, words[i + 1])
        : endOf(seen.bytes, at, surfaceOf(tokens, word));
    if (end === null) {
      offsets.push(null);
      continue;
    }
    offsets.push(placeOf(seen, at, end));
    at = end;
  }
  return offsets;
}

function seenBy(tokens: Tokens, text: string): Seen {
  const parts: { bytes: Uint8Array; start: number; end: number }[] = [];
  const isNamed = namedTokens(tokens);
  let at = 0;
  for (const character of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)) {
    const { segment, index } = character;
    // Names of added tokens stand in the text as they are; they are not normalized.
    if (index < at) continue;
    const name = isNamed(text, index);
    const piece = name ?? segment;
    at = index + piece.length;
    const normal = name ?? tokens.normalizer?.normalize(piece) ?? piece;
    parts.push({ bytes: encoder.encode(normal), start: index, end: at });
  }
  const size = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const seen = { bytes: new Uint8Array(size), starts: new Int32Array(size), ends: new Int32Array(size) };
  let place = 0;
  for (const { bytes, start, end } of parts) {
    seen.bytes.set(bytes, place);
    seen.starts.fill(start, place, place + bytes.length);
    seen.ends.fill(end, place, place + bytes.length);
    place += bytes.length;
  }
  return seen;
}

function namedTokens(tokens: Tokens): (text: string, at: number) => string | null {
  const names = [...tokens.get_added_tokens_decoder().values()]
    .map(({ content }) => content)
    .filter((name) => name !== '');
  return (text, at) => names.find((name) => text.startsWith(name, at)) ?? null;
}

/** The bytes that a token stands for in the text, without the marks of words and their spaces. */
function surfaceOf(tokens: Tokens, word: string): Uint8Array {
  if (isByteLevel(tokens)) return trimmed(bytesOfByteLevel(word) ?? encoder.encode(word));
  const bare = word.startsWith('##') ? word.slice(2) : word.replaceAll('\u2581', ' ');
  return trimmed(encoder.encode(bare));
}

/** What a token reads: bytes as characters, marks of words as spaces; a part of a character as U+FFFD. */
export function readingOf(tokens: Tokens, word: string): string {
  if (!isByteLevel(tokens)) return word.replaceAll('\u2581', ' ');
  const bytes = bytesOfByteLevel(word);
  return bytes === null ? word : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function isByteLevel({ decoder }: Tokens): boolean {
  return decoder?.config.type === 'ByteLevel';
}

/** Null for a name that is no bytes: of an added token. */
function bytesOfByteLevel(word: string): Uint8Array | null {
  const bytes: number[] = [];
  for (const character of word) {
    const byte = BYTES.get(character);
    if (byte === undefined) return null;
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** GPT-2 writes bytes as characters that can be seen: those that can as themselves, the others from U+0100 on. */
const BYTES: ReadonlyMap<string, number> = (() => {
  const visible = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  const bytes = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) bytes.set(String.fromCodePoint(visible(byte) ? byte : next++), byte);
  return bytes;
})();

function endOf(bytes: Uint8Array, at: number, surface: Uint8Array): number | null {
  if (surface.length === 0) return null;
  return surface.every((byte, i) => bytes[at + i] === byte) ? at + surface.length : null;
}

/** What is unknown ends where the next token begins: at the next space, or where the next word is found. */
function endOfUnknown(tokens: Tokens, bytes: Uint8Array, at: number, next: string | undefined): number {
  const following = next === undefined || next === tokens.model.unk_token ? null : surfaceOf(tokens, next);
  let end = at;
  while (end < bytes.length && !isSpace(bytes[end])) {
    if (end > at && following !== null && endOf(bytes, end, following) !== null) return end;
    end += 1;
  }
  return end;
}

function placeOf({ starts, ends }: Seen, from: number, to: number): Offset {
  return [starts[from] ?? 0, ends[to - 1] ?? 0];
}

function afterSpaces(bytes: Uint8Array, at: number): number {
  let next = at;
  while (isSpace(bytes[next])) next += 1;
  return next;
}

function trimmed(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && isSpace(bytes[end - 1])) end -= 1;
  return bytes.subarray(afterSpaces(bytes.subarray(0, end), 0), end);
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}
