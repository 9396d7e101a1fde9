import { isMap, isScalar, isSeq, Lexer, parseDocument, Parser, type Document as YamlDocument, type Pair } from 'yaml';
import { DEEPEST } from '../plain.js';
import type { Path } from '../place.js';
import { show } from '../wording/show.js';
import { PositionMap, type Document, type Source } from './document.js';

/** Aliases times what they stand for: enough to name a list twice, too little for a bomb. */
const MOST_ALIASES = 100;

/** YAML 1.2 in its core schema, one document, without tags, with the place of every entry. */
export function parseYaml(source: Source): Document {
  refuseDeepNesting(source);
  const document = parseDocument(source.text, {
    version: '1.2',
    schema: 'core',
    stringKeys: true,
    resolveKnownTags: false,
    // The library compares each key with each; PositionMap finds duplicates in one pass.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
  });
  // A warning is a tag that was passed over.
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) source.fail(syntaxError(error.code, error.message), error.pos[0]);
  if (document.contents === null) return source.fail('the file is empty');
  const value = valueOf(document, source);
  const map = new PositionMap(source);
  map.add([], document.contents.range[0]);
  addPositions(document.contents, [], map);
  return { value, positions: map.positions };
}

/** Composing recurses, so depth is counted on the stack of the parser below it, which does not. */
function refuseDeepNesting(source: Source): void {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(source.text)) {
    Array.from(parser.next(lexeme));
    // Twice: a block collection may add a token of its own to the stack for each level.
    if (parser.stack.length > 2 * DEEPEST) {
      source.fail(
        `lists and objects nest deeper than ${DEEPEST} levels here`,
        Math.max(0, parser.offset - lexeme.length),
      );
    }
  }
}

function syntaxError(code: string, message: string): string {
  switch (code) {
    case 'TAG_RESOLVE_FAILED':
      return `tags are not allowed (${show(message.replace(/^Unresolved tag: /, ''))})`;
    case 'NON_STRING_KEY':
      return 'a key is a list or an object here, and must be a text';
    case 'MULTIPLE_DOCS':
      return 'a second document begins here, and the file may hold one';
    default:
      return `the file is not YAML: ${message}`;
  }
}

function valueOf(document: YamlDocument, source: Source): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    return value;
  } catch (thrown) {
    if (!(thrown instanceof ReferenceError)) throw thrown;
    const bomb = thrown.message.startsWith('Excessive alias count');
    return source.fail(
      bomb
        ? `its aliases stand for more than ${MOST_ALIASES} values`
        : `an alias has no anchor before it: ${show(thrown.message.split(': ').at(-1))}`,
    );
  }
}

/** What lies behind an alias has no place of its own: messages name the place of the alias. */
function addPositions(node: unknown, path: Path, map: PositionMap): void {
  if (isSeq(node)) node.items.forEach((item, index) => addItem(item, [...path, index], map));
  if (isMap(node)) for (const pair of node.items) addMember(pair, path, map);
}

function addItem(item: unknown, path: Path, map: PositionMap): void {
  const offset = offsetOf(item);
  if (offset !== undefined) map.add(path, offset);
  addPositions(item, path, map);
}

function addMember(pair: Pair, object: Path, map: PositionMap): void {
  const path = [...object, isScalar(pair.key) ? String(pair.key.value) : String(pair.key)];
  const offset = offsetOf(pair.key);
  if (offset !== undefined) map.add(path, offset);
  addPositions(pair.value, path, map);
}

function offsetOf(node: unknown): number | undefined {
  const range = (node as { readonly range?: readonly [number, number, number] | null } | null)?.range;
  return range?.[0];
}
