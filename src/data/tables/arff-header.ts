import { dateReader, DEFAULT_FORMAT } from './arff-dates.js';
import type { ArffToken } from './arff-tokens.js';

/** What an attribute's values may be. */
export interface ArffAttribute {
  readonly name: string;
  /** The value as a table has it, null where it is missing. @throws RangeError where the attribute cannot have it */
  readonly value: (text: string) => string | null;
  /** Of sparse rows, where one is left out; null where nothing can be told. */
  readonly omitted: string | null;
}

/** Double.valueOf of Java, but for hexadecimal and suffixes. */
const NUMBER = /^([+-]?)0*(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/**
 * An attribute by the tokens behind `@attribute`: a name, a type, and maybe the weight of the attribute in braces.
 *
 * @throws RangeError with what is wrong
 */
export function arffAttribute([name, type, ...rest]: readonly ArffToken[]): ArffAttribute {
  if (name === undefined || (name.kind !== 'word' && name.kind !== 'quoted')) {
    throw new RangeError('an attribute has no name');
  }
  const about = `the attribute ${JSON.stringify(name.text)}`;
  if (type?.kind === '{') return nominal(name.text, rest);
  if (type === undefined || type.kind !== 'word') throw new RangeError(`${about} has no type`);
  switch (type.text.toLowerCase()) {
    case 'numeric':
    case 'real':
    case 'integer':
      requireEnd(rest, about);
      return { name: name.text, value: numberText, omitted: '0' };
    case 'string':
      requireEnd(rest, about);
      return { name: name.text, value: (text) => text, omitted: null };
    case 'date': {
      const [format, ...behind] = rest;
      const isGiven = format?.kind === 'quoted' || format?.kind === 'word';
      requireEnd(isGiven ? behind : rest, about);
      return { name: name.text, value: dateText(isGiven ? format.text : DEFAULT_FORMAT), omitted: null };
    }
    case 'relational':
      throw new RangeError(`${about} is relational: each of its values is a table`);
    default:
      throw new RangeError(`${about} has the type ${JSON.stringify(type.text)}, which is none of ARFF`);
  }
}

function nominal(name: string, tokens: readonly ArffToken[]): ArffAttribute {
  const about = `the attribute ${JSON.stringify(name)}`;
  const end = tokens.findIndex(({ kind }) => kind === '}');
  if (end === -1) throw new RangeError(`the values of ${about} are not closed by } on the same line`);
  const declared = tokens.slice(0, end).filter(({ kind }) => kind !== ',');
  if (declared.some(({ kind }) => kind === '{')) throw new RangeError(`the values of ${about} have a brace among them`);
  const values = new Set(declared.map(({ text }) => text));
  const [first] = values;
  if (first === undefined) throw new RangeError(`${about} declares no values`);
  requireEnd(tokens.slice(end + 1), about);
  const value = (text: string): string => {
    if (values.has(text)) return text;
    const some = [...values].slice(0, 10).map((each) => JSON.stringify(each));
    throw new RangeError(
      `${about} has the value ${JSON.stringify(text)}, which is none of its ${values.size} declared ones (${some.join(', ')}${values.size > some.length ? ', ...' : ''})`,
    );
  };
  return { name, value, omitted: first };
}

/** Nothing, or a weight: `{0.5}`. */
function requireEnd(tokens: readonly ArffToken[], about: string): void {
  if (tokens.length === 0 || isWeight(tokens)) return;
  throw new RangeError(`the declaration of ${about} goes on behind its type`);
}

/** A number in braces. */
export function isWeight([open, number, close, other]: readonly ArffToken[]): boolean {
  if (open?.kind !== '{' || number?.kind !== 'word' || close?.kind !== '}' || other !== undefined) return false;
  return NUMBER.test(number.text);
}

function numberText(text: string): string | null {
  if (/^[+-]?NaN$/.test(text)) return null;
  if (/^-?Infinity$/.test(text)) return text;
  const match = NUMBER.exec(text);
  if (match === null) throw new RangeError(`${JSON.stringify(text)} is no number`);
  const [, sign = '', digits = '', exponent = ''] = match;
  return `${sign === '-' ? '-' : ''}${digits}${exponent}`;
}

function dateText(format: string): (text: string) => string {
  const read = dateReader(format);
  return (text) => {
    const date = read(text);
    if (date === null)
      throw new RangeError(`${JSON.stringify(text)} is no date in the format ${JSON.stringify(format)}`);
    return date;
  };
}
