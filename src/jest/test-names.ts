import { canonicalJson, type JsonObject } from '#base/json';
import { clip, visible } from '#reports/format';

/** What the name of a cell's test is made from. */
export interface NamedCell {
  readonly audit: string;
  /** Complete. */
  readonly options: JsonObject;
  /** As the config has them, where it has one set of them. */
  readonly written: object;
}

const LONGEST = 100;

/**
 * `evasion/pgd: norm Linf, epsilons 0.02 0.05 0.1`: the options of the config, and of several cells of one plugin those
 * in which they differ.
 */
export function cellNames(cells: readonly NamedCell[]): readonly string[] {
  return cells.map((cell) => {
    const alike = cells.filter(({ audit }) => audit === cell.audit);
    const shown = alike.length === 1 ? Object.entries(cell.written) : differences(cell, alike);
    const short = shown.map(([key, value]) => `${key} ${inShort(value)}`).join(', ');
    return short === '' ? cell.audit : `${cell.audit}: ${clip(visible(short), LONGEST)}`;
  });
}

/** With a number behind each name that was there before. */
export function distinct(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let count = 2; taken.has(free); count++) free = `${name} (${count})`;
    taken.add(free);
    return free;
  });
}

function differences({ options }: NamedCell, alike: readonly NamedCell[]): readonly (readonly [string, unknown])[] {
  return Object.entries(options).filter(([key, value]) =>
    alike.some((other) => canonicalOf(other.options[key]) !== canonicalOf(value)),
  );
}

function canonicalOf(value: unknown): string {
  return value === undefined ? '' : canonicalJson(value);
}

function inShort(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((each) => typeof each !== 'object')) return value.join(' ');
  return JSON.stringify(value);
}
