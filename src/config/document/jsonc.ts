import { createScanner, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import { DEEPEST } from '../plain.js';
import type { Path } from '../place.js';
import { escapeControls } from '../wording/show.js';
import { PositionMap, type Document, type Source } from './document.js';

/** JSON with comments and trailing commas, with the place of every entry. */
export function parseJsonc(source: Source): Document {
  refuseDeepNesting(source);
  const errors: ParseError[] = [];
  const root = parseTree(source.text, errors, { allowTrailingComma: true, allowEmptyContent: false });
  const [error] = errors;
  if (error !== undefined) source.fail(syntaxError(error, source.text), error.offset);
  if (root === undefined) return source.fail('the file is empty');
  const map = new PositionMap(source);
  map.add([], root.offset);
  return { value: valueOf(root, [], map), positions: map.positions };
}

/** The parser recurses, so depth is counted on tokens before it runs. */
function refuseDeepNesting(source: Source): void {
  const scanner = createScanner(source.text, true);
  let depth = 0;
  for (scanner.scan(); scanner.getTokenLength() > 0; scanner.scan()) {
    const token = source.text.slice(scanner.getTokenOffset(), scanner.getTokenOffset() + scanner.getTokenLength());
    if (token === '{' || token === '[') depth++;
    if (token === '}' || token === ']') depth--;
    if (depth > DEEPEST)
      source.fail(`lists and objects nest deeper than ${DEEPEST} levels here`, scanner.getTokenOffset());
  }
}

function valueOf(node: Node, path: Path, map: PositionMap): unknown {
  if (node.type === 'array') return (node.children ?? []).map((item, index) => itemOf(item, [...path, index], map));
  if (node.type === 'object')
    return Object.fromEntries((node.children ?? []).map((member) => memberOf(member, path, map)));
  return node.value;
}

function itemOf(item: Node, path: Path, map: PositionMap): unknown {
  map.add(path, item.offset);
  return valueOf(item, path, map);
}

function memberOf(member: Node, object: Path, map: PositionMap): readonly [string, unknown] {
  const [key, value] = member.children ?? [];
  const name = String(key?.value);
  const path = [...object, name];
  map.add(path, member.offset);
  return [name, value === undefined ? undefined : valueOf(value, path, map)];
}

function syntaxError(error: ParseError, text: string): string {
  const found = `\`${escapeControls(text.slice(error.offset, error.offset + Math.min(error.length, 60)))}\``;
  switch (printParseErrorCode(error.error)) {
    case 'InvalidSymbol':
      return `${found} is not JSON: texts and keys stand in double quotes`;
    case 'InvalidNumberFormat':
    case 'UnexpectedEndOfNumber':
      return `${found} is not a number in JSON`;
    case 'PropertyNameExpected':
      return 'a key in double quotes is expected here';
    case 'ValueExpected':
      return text.trim() === '' ? 'the file is empty' : 'a value is expected here';
    case 'ColonExpected':
      return 'a colon is expected here';
    case 'CommaExpected':
      return 'a comma is expected here';
    case 'CloseBraceExpected':
      return 'a closing brace } is expected here';
    case 'CloseBracketExpected':
      return 'a closing bracket ] is expected here';
    case 'EndOfFileExpected':
      return 'nothing may follow the closing brace';
    case 'UnexpectedEndOfComment':
      return 'the comment that begins here is never closed';
    case 'UnexpectedEndOfString':
      return 'the text that begins here is not closed on its line';
    case 'InvalidUnicode':
    case 'InvalidEscapeCharacter':
      return `${found} has an escape that JSON does not know`;
    default:
      return `${found} is not JSON`;
  }
}
