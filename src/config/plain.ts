import type { Json } from '#base/json';
import { nameOf, type Path, type Problem } from './place.js';
import { show } from './wording/show.js';

/** How far lists and objects may nest; no honest config comes near. */
export const DEEPEST = 64;

/**
 * A copy that is JSON and nothing else, and what was in the way of it: numbers that are not finite, functions,
 * instances of classes, cycles (they nest without end), and the key `__proto__`. Members that are undefined are
 * left out.
 */
export function plain(value: unknown, base: Path): { readonly value: Json; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  return { value: copyOf(value, base, base.length + DEEPEST, problems), problems };
}

function copyOf(value: unknown, path: Path, deepest: number, problems: Problem[]): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (path.length > deepest) return report(`nests deeper than ${DEEPEST} levels`);
  if (Array.isArray(value)) {
    return Array.from(value, (item: unknown, index) => copyOf(item, [...path, index], deepest, problems));
  }
  if (isPlainObject(value)) return copyMembers(value, path, deepest, problems);
  const needed = typeof value === 'number' ? 'a finite number' : 'plain data: what JSON can hold';
  return report(`is ${nameOfKind(value)}, and must be ${needed}`);

  function report(predicate: string): null {
    problems.push({ path, what: `${nameOf(path)} ${predicate}` });
    return null;
  }
}

function copyMembers(object: object, path: Path, deepest: number, problems: Problem[]): Json {
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(object)) {
    const memberPath = [...path, key];
    if (key === '__proto__') {
      problems.push({ path: memberPath, what: `${nameOf(memberPath)} is not a legal key` });
    } else if (member !== undefined) {
      members.push([key, copyOf(member, memberPath, deepest, problems)]);
    }
  }
  return Object.fromEntries(members);
}

/** Object literals of any realm, and objects without a prototype. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function nameOfKind(value: unknown): string {
  if (typeof value !== 'object' || value === null) return show(value);
  return `an instance of ${value.constructor.name}`;
}
