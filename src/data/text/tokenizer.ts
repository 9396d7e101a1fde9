import { AssayError, messageOf } from '#base/errors';
import type { TokenFacts } from '#target/domain';
import { offsetsOf, readingOf, type Offset } from './offsets.js';
import { TokensOf, type Tokens } from './tokens.js';

/** Of a tokenizer's file: the largest vocabularies take 20 MB. */
const MAX_FILE_BYTES = 2 ** 27;
/** A text beyond this is none that a classifier reads. */
const MAX_CHARACTERS = 1_000_000;
/** In no vocabulary: it shows where the text's own tokens stand among those that are added. */
const MARK = '\0';
const PADDING = ['[PAD]', '<pad>', '<|pad|>', '<|endoftext|>'];
const MASKS = ['[MASK]', '<mask>', '<|mask|>'];

export interface Encoded {
  /** Exactly as many as were asked for. */
  readonly ids: Int32Array;
  /** 1 where a token of the text or a special one stands, 0 where padding does. */
  readonly mask: Uint8Array;
  /** Where in the text each token stands, without the spaces around it; null for special tokens and padding. */
  readonly offsets: readonly (Offset | null)[];
  /** Whether the text was longer than the length and lost its end. */
  readonly truncated: boolean;
}

export interface Tokenizer extends TokenFacts {
  /**
   * A text as a model of fixed length takes it: special tokens added, cut at its end, padded.
   *
   * @throws AssayError `data` where the text cannot be encoded, or `length` has no room for the special tokens
   */
  encode(text: string, length: number): Encoded;
  /** The text of ids; special tokens are left out. */
  decode(ids: ArrayLike<number>): string;
  /**
   * What each token reads, in the order of the ids: special ones by their names, pieces of words with the marks of their
   * tokenizer (`##ing`), spaces where the tokenizer keeps them.
   *
   * @throws AssayError `usage` for an id that no token has
   */
  tokens(ids: ArrayLike<number>): string[];
}

export interface TokenizerOptions {
  /** Names the file in messages. */
  readonly where?: string;
  /** The content of `tokenizer_config.json`, where there is one. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The id that fills a text up, where the file does not say. */
  readonly padding?: number;
}

/**
 * Reads a Hugging Face `tokenizer.json`.
 *
 * @throws AssayError `data` for a file that is no tokenizer, or of a kind that is not known
 */
export function loadTokenizer(bytes: Uint8Array, options: TokenizerOptions = {}): Tokenizer {
  const { where = 'tokenizer.json', config = {} } = options;
  if (bytes.length > MAX_FILE_BYTES) {
    throw new AssayError('data', { where, what: `the file has more than ${MAX_FILE_BYTES} bytes` });
  }
  const file = parsed(bytes, where);
  const tokens = constructed(file, config, where);
  const vocabulary = tokens.model.vocab.length;
  const padding = options.padding ?? paddingOf(file, config, tokens);
  const mask = idOfFirst(tokens, [...named(config['mask_token']), ...MASKS]);
  const special = specialIds(tokens);
  return {
    vocabulary,
    padding,
    mask,
    special,
    encode: (text, length) => encode({ tokens, padding, isLeft: padsLeft(file) }, text, length, where),
    decode: (ids) => decode(tokens, ids),
    tokens: (ids) => Array.from(ids, (id) => readingOf(tokens, nameOf(tokens, id, where))),
  };
}

interface Parts {
  readonly tokens: Tokens;
  readonly padding: number | null;
  readonly isLeft: boolean;
}

function encode({ tokens, padding, isLeft }: Parts, text: string, length: number, where: string): Encoded {
  if (text.length > MAX_CHARACTERS) {
    throw new AssayError('data', { where, what: `a text has more than ${MAX_CHARACTERS} characters` });
  }
  const bare = wordsOf(tokens, text, where);
  const around = withSpecial(tokens, []).length;
  if (length < around + 1) {
    throw new AssayError('data', {
      where,
      what: `a text of ${length} tokens has no room beside ${around} special ones`,
    });
  }
  const kept = bare.slice(0, length - around);
  const whole = withSpecial(tokens, kept);
  const ids = whole.map((token) => idOf(tokens, token, where));
  const places = offsetsOf(tokens, text, bare).slice(0, kept.length);
  const missing = length - ids.length;
  if (missing > 0 && padding === null) {
    throw new AssayError('data', {
      where,
      what: 'the tokenizer names no token for padding',
      mend: 'Give the id that fills a text up.',
    });
  }
  const first = isLeft ? missing : 0;
  const encoded = { ids: new Int32Array(length).fill(padding ?? 0), mask: new Uint8Array(length) };
  encoded.ids.set(ids, first);
  encoded.mask.fill(1, first, first + ids.length);
  const offsets = Array<Offset | null>(length).fill(null);
  const start = first + withSpecial(tokens, [MARK]).indexOf(MARK);
  places.forEach((place, i) => (offsets[start + i] = place));
  return { ...encoded, offsets, truncated: kept.length < bare.length };
}

function wordsOf(tokens: Tokens, text: string, where: string): string[] {
  try {
    return tokens.tokenize(text, { add_special_tokens: false });
  } catch (cause) {
    throw new AssayError('data', { where, what: `a text cannot be encoded (${messageOf(cause)})`, cause });
  }
}

function withSpecial({ post_processor: processor }: Tokens, words: string[]): string[] {
  return processor === null ? words : processor(words, null, true).tokens;
}

function idOf(tokens: Tokens, token: string, where: string): number {
  const id = tokens.token_to_id(token) ?? tokens.model.unk_token_id;
  if (id !== undefined && id !== null) return id;
  throw new AssayError('data', { where, what: `the token ${JSON.stringify(token)} is not in the vocabulary` });
}

function decode(tokens: Tokens, ids: ArrayLike<number>): string {
  const list = Array.from(ids);
  return list.length === 0 ? '' : tokens.decode(list, { skip_special_tokens: true });
}

function nameOf(tokens: Tokens, id: number, where: string): string {
  const name = tokens.model.vocab[id];
  if (name !== undefined) return name;
  throw new AssayError('usage', { where, what: `no token has the id ${id}` });
}

function constructed(
  file: Readonly<Record<string, unknown>>,
  config: Readonly<Record<string, unknown>>,
  where: string,
): Tokens {
  try {
    return new TokensOf({ added_tokens: [], ...file }, config);
  } catch (cause) {
    throw new AssayError('data', { where, what: `this is no tokenizer that is known (${messageOf(cause)})`, cause });
  }
}

function parsed(bytes: Uint8Array, where: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (cause) {
    throw new AssayError('data', { where, what: `the file is not JSON (${messageOf(cause)})`, cause });
  }
  throw new AssayError('data', { where, what: 'this is no tokenizer: the file holds no object' });
}

function specialIds(tokens: Tokens): readonly number[] {
  const added = [...tokens.get_added_tokens_decoder()];
  return added.flatMap(([id, { special }]) => (special ? [id] : [])).sort((a, b) => a - b);
}

function paddingOf(
  { padding }: Readonly<Record<string, unknown>>,
  config: Readonly<Record<string, unknown>>,
  tokens: Tokens,
): number | null {
  if (isObject(padding) && typeof padding['pad_id'] === 'number') return padding['pad_id'];
  return idOfFirst(tokens, [...named(config['pad_token']), ...PADDING]);
}

/** A token of `tokenizer_config.json`: its name, or an object around it. */
function named(token: unknown): readonly string[] {
  const content = isObject(token) ? token['content'] : token;
  return typeof content === 'string' ? [content] : [];
}

function idOfFirst(tokens: Tokens, names: readonly string[]): number | null {
  return names.map((name) => tokens.token_to_id(name)).find((id) => id !== undefined) ?? null;
}

function padsLeft({ padding }: Readonly<Record<string, unknown>>): boolean {
  return isObject(padding) && padding['direction'] === 'Left';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
