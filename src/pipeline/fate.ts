import type { JsonObject } from '#base/json';
import type { CompleteConfig } from '#config/loaded';
import type { DataNeed, Plugin } from '#plugin/plugin';
import type { TargetCard } from '#report/report';
import type { ReadInputs } from './inputs.js';
import type { Cell } from './types.js';

/** What is known before anything runs. */
export interface Facts {
  readonly config: CompleteConfig;
  readonly inputs: ReadInputs;
  /** The target as it was inspected; null where the config has none. */
  readonly card: TargetCard | null;
  /** The plugins that the caller wants alone; null: all. */
  readonly only: ReadonlySet<string> | null;
}

/** Whether a plugin can run with these options on this target and data; if not, what would enable it. */
export function fateOf(plugin: Plugin, options: JsonObject, facts: Facts): Cell['fate'] {
  const { inputs, only } = facts;
  if (only !== null && !only.has(plugin.id)) return { kind: 'not-run', because: 'It was left out by `--only`.' };
  const unfit = inputs.target === null ? null : (plugin.appliesTo?.(inputs.target.facts, options) ?? null);
  if (unfit !== null) return { kind: 'not-applicable', because: asSentence(unfit) };
  const lacking = lackOfTarget(plugin, facts.card) ?? lackOfData(plugin, facts);
  return lacking === null ? { kind: 'run' } : { kind: 'inconclusive', because: lacking };
}

function lackOfTarget({ needs }: Plugin, card: TargetCard | null): string | null {
  if (needs.length === 0) return null;
  if (card === null) return 'It needs a target: fill in `target`.';
  const lacking = needs.find((capability) => !card.capabilities.includes(capability));
  if (lacking === undefined) return null;
  const because = card.missing.find(({ capability }) => capability === lacking)?.because;
  return asSentence(`It needs \`${lacking}\` of the target: ${because ?? 'targets of this kind have none'}`);
}

function lackOfData({ data }: Plugin, { inputs, config }: Facts): string | null {
  const lacking = data.find((need) => inputs[need] === null);
  if (lacking === undefined) return null;
  return isFilledIn(lacking, config)
    ? `It needs a target, without which \`data.${lacking}\` is not read: fill in \`target\`.`
    : `It needs data: fill in \`data.${lacking}\`.`;
}

function isFilledIn(need: DataNeed, { data }: CompleteConfig): boolean {
  return data[need] !== undefined;
}

function asSentence(text: string): string {
  const trimmed = text.trim();
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.!?]$/.test(trimmed) ? '' : '.'}`;
}
