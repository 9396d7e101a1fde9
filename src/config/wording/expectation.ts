import { alternatives, show } from './show.js';

/** The keywords of JSON Schema that Assay's sentences know. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
}

type Count = 'one' | 'many';

/** What a schema asks for, in words: `a number greater than 0 or a list of numbers greater than 0`. */
export function expectation(schema: JsonSchema): string {
  return describe(schema, 'one');
}

function describe(schema: JsonSchema, count: Count): string {
  if (schema.anyOf !== undefined) return describeUnion(schema.anyOf, count);
  if (schema.enum !== undefined) return alternatives(schema.enum.map(show));
  if ('const' in schema) return show(schema.const);
  switch (schema.type) {
    case 'string':
      return describeText(schema, count);
    case 'number':
      return `${noun('number', count)}${bounds(schema)}`;
    case 'integer':
      return `${noun('whole number', count)}${bounds(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array':
      return describeList(schema, count);
    case 'object':
      return count === 'one' ? 'an object' : 'objects';
    default:
      return count === 'one' ? 'a value' : 'values';
  }
}

function noun(word: string, count: Count): string {
  return count === 'one' ? `a ${word}` : `${word}s`;
}

function describeUnion(branches: readonly JsonSchema[], count: Count): string {
  return alternatives([...new Set(branches.map((branch) => describe(branch, count)))]);
}

function describeText(schema: JsonSchema, count: Count): string {
  if (schema.format === 'date') return count === 'one' ? 'a day as YYYY-MM-DD' : 'days as YYYY-MM-DD';
  if (schema.minLength === 1 && schema.maxLength === 1) return noun('single character', count);
  const are = count === 'one' ? 'is' : 'are';
  if (schema.pattern === '\\S') return `${noun('text', count)} that ${are} not blank`;
  if (schema.pattern !== undefined) return `${noun('text', count)} like ${schema.pattern}`;
  return schema.minLength === 1 ? `${noun('text', count)} that ${are} not empty` : noun('text', count);
}

function bounds(schema: JsonSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  const limits = [
    ...(minimum === undefined ? [] : [`of at least ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`greater than ${exclusiveMinimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ...(exclusiveMaximum === undefined ? [] : [`less than ${exclusiveMaximum}`]),
  ];
  return limits.length === 0 ? '' : ` ${limits.join(' and ')}`;
}

function describeList(schema: JsonSchema, count: Count): string {
  const list = noun('list', count);
  if (isTuple(schema.items)) return `${list} of ${describeTuple(schema.items)}`;
  const items = describe(schema.items ?? {}, 'many');
  const { minItems, maxItems } = schema;
  if (minItems !== undefined && minItems === maxItems) return `${list} of ${minItems} ${items}`;
  if (minItems !== undefined && minItems > 0) return `${list} of ${minItems === 1 ? 'one' : minItems} or more ${items}`;
  return maxItems === undefined ? `${list} of ${items}` : `${list} of at most ${maxItems} ${items}`;
}

function describeTuple(items: readonly JsonSchema[]): string {
  const [first, ...others] = items;
  if (first === undefined) return 'nothing';
  const alike = others.every((item) => expectation(item) === expectation(first));
  return alike ? `${items.length} ${describe(first, 'many')}` : items.map(expectation).join(', then ');
}

function isTuple(items: JsonSchema['items']): items is readonly JsonSchema[] {
  return Array.isArray(items);
}
