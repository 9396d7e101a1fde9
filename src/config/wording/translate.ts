import type { ErrorObject } from 'ajv';
import { closest } from '../closest.js';
import { nameOf, type Path, type Problem } from '../place.js';
import { expectation, type JsonSchema } from './expectation.js';
import { alternatives, show } from './show.js';

/**
 * What ajv found, in sentences for people. ajv has to run with `allErrors` and `verbose`, over a schema without
 * references. `root` is the checked value, which lies at `base` in its file.
 */
export function translate(errors: readonly ErrorObject[], root: unknown, base: Path): readonly Problem[] {
  const telling = withoutOtherBranches(errors);
  const misspelt = new Set(telling.flatMap(misspeltKey));
  return telling
    .filter((error) => error.keyword !== 'required' || !misspelt.has(memberOf(error, error.params['missingProperty'])))
    .map((error) => problemOf(error, [...base, ...pathOf(error.instancePath, root)]));
}

/** A path out of a JSON pointer; a segment is an index where the value around it is a list. */
function pathOf(pointer: string, root: unknown): Path {
  const path: (string | number)[] = [];
  let value: unknown = root;
  for (const escaped of pointer.split('/').slice(1)) {
    const key = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(value) ? Number(key) : key);
    value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  }
  return path;
}

/**
 * ajv reports every branch of a union. Where exactly one branch takes the type of the value, its errors say what is
 * wrong and the union's own error says nothing; otherwise only the union's own error does.
 */
function withoutOtherBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const branches = new Map<string, number | null>();
  for (const error of errors) {
    if (error.keyword === 'anyOf') branches.set(unionKey(error.schemaPath, error.instancePath), branchOf(error));
  }
  return errors.filter((error) => {
    if (error.keyword === 'anyOf' && branches.get(unionKey(error.schemaPath, error.instancePath)) !== null)
      return false;
    return unionsAround(error).every(({ key, branch }) => {
      const chosen = branches.get(key);
      return chosen === undefined || String(chosen) === branch;
    });
  });
}

/** Every union that an error may lie in, with the branch of it that the error comes from. */
function unionsAround(error: ErrorObject): readonly { readonly key: string; readonly branch: string }[] {
  const schemaPath = error.schemaPath.split('/');
  const instances = prefixes(error.instancePath);
  return schemaPath.flatMap((keyword, depth) => {
    const branch = schemaPath[depth + 1];
    if (keyword !== 'anyOf' || branch === undefined) return [];
    const union = schemaPath.slice(0, depth + 1).join('/');
    return instances.map((instance) => ({ key: unionKey(union, instance), branch }));
  });
}

function unionKey(schemaPath: string, instancePath: string): string {
  return `${schemaPath} ${instancePath}`;
}

function prefixes(pointer: string): readonly string[] {
  const segments = pointer.split('/');
  return segments.map((_, depth) => segments.slice(0, depth + 1).join('/'));
}

/** The index of the one branch of a union that takes values of this type, or null. */
function branchOf(error: ErrorObject): number | null {
  const branches = schemaOf(error).anyOf ?? [];
  const fitting = branches.flatMap((branch, index) => (takes(branch, error.data) ? [index] : []));
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}

function takes(schema: JsonSchema, value: unknown): boolean {
  if (schema.anyOf !== undefined) return schema.anyOf.some((branch) => takes(branch, value));
  if ('const' in schema) return schema.const === value;
  if (schema.type === undefined) return true;
  const types = typeof schema.type === 'string' ? [schema.type] : schema.type;
  return types.includes(typeOf(value)) || (types.includes('integer') && typeof value === 'number');
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function problemOf(error: ErrorObject, path: Path): Problem {
  switch (error.keyword) {
    case 'required':
      return missing(error, path);
    case 'additionalProperties':
      return unknownKey(error, path);
    case 'uniqueItems':
      return { path, what: `${nameOf(path)} is ${show(error.data)}, and must not hold a value twice` };
    default:
      return unexpected(error, path);
  }
}

function missing(error: ErrorObject, object: Path): Problem {
  const key = String(error.params['missingProperty']);
  const schema = schemaOf(error).properties?.[key];
  const path = [...object, key];
  return { path, what: `${nameOf(path)} is missing, and must be ${expectation(schema ?? {})}` };
}

function unknownKey(error: ErrorObject, object: Path): Problem {
  const path = [...object, String(error.params['additionalProperty'])];
  const known = Object.keys(schemaOf(error).properties ?? {});
  const meant = keyMeant(error);
  const suggestion = meant === null ? '' : `; the closest is \`${meant}\``;
  const list =
    known.length === 0
      ? 'there are none here'
      : `known here: ${alternatives(
          known.map((key) => `\`${key}\``),
          'and',
        )}`;
  return { path, what: `${nameOf(path)} is not a known key${suggestion} (${list})` };
}

function unexpected(error: ErrorObject, path: Path): Problem {
  const schema = schemaOf(error);
  const meant =
    schema.enum === undefined || typeof error.data !== 'string' ? null : closest(error.data, texts(schema.enum));
  const suggestion = meant === null ? '' : `; the closest is ${show(meant)}`;
  return { path, what: `${nameOf(path)} is ${show(error.data)}, and must be ${expectation(schema)}${suggestion}` };
}

/** The member that an unknown key of the same object was most likely meant to be. */
function misspeltKey(error: ErrorObject): readonly string[] {
  const meant = error.keyword === 'additionalProperties' ? keyMeant(error) : null;
  return meant === null ? [] : [memberOf(error, meant)];
}

function keyMeant(error: ErrorObject): string | null {
  return closest(String(error.params['additionalProperty']), Object.keys(schemaOf(error).properties ?? {}));
}

function memberOf(error: ErrorObject, key: unknown): string {
  return `${error.instancePath}/${String(key)}`;
}

function texts(values: readonly unknown[]): readonly string[] {
  return values.filter((value) => typeof value === 'string');
}

/** ajv types the schema around an error as anything; it came from TypeBox. */
function schemaOf(error: ErrorObject): JsonSchema {
  return (error.parentSchema ?? {}) as JsonSchema;
}
