import type { TObject, TSchema } from '@sinclair/typebox';
import { clauseLines } from '#report/clauses';
import type { Plugin } from './plugin.js';

/** One option or threshold as a reader needs it. */
export interface OptionRow {
  readonly name: string;
  readonly accepts: string;
  /** As JSON; null when there is none and the option is required. */
  readonly fallback: string | null;
  readonly description: string;
}

/** The properties of a schema, nested objects by their path. */
export function optionRows(schema: TObject, prefix = ''): OptionRow[] {
  return Object.entries(schema.properties).flatMap(([key, property]) => {
    const name = `${prefix}${key}`;
    if (property['type'] === 'object' && 'properties' in property) return optionRows(property as TObject, `${name}.`);
    const fallback: unknown = property.default;
    return [
      {
        name,
        accepts: accepted(property),
        fallback: fallback === undefined ? null : JSON.stringify(fallback),
        description: property.description ?? '',
      },
    ];
  });
}

function accepted(schema: TSchema): string {
  const alternatives = (schema['anyOf'] ?? schema['oneOf']) as readonly TSchema[] | undefined;
  if (alternatives !== undefined) return alternatives.map(accepted).join(' or ');
  if (schema['const'] !== undefined) return JSON.stringify(schema['const']);
  const values = schema['enum'] as readonly unknown[] | undefined;
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(', ');
  if (schema['type'] === 'array') return `list of ${accepted(schema['items'] as TSchema)}`;
  return `${String(schema['type'] ?? 'any value')}${bounds(schema)}`;
}

function bounds(schema: TSchema): string {
  const parts = [
    bound(schema['minimum'], 'at least'),
    bound(schema['exclusiveMinimum'], 'above'),
    bound(schema['maximum'], 'at most'),
    bound(schema['exclusiveMaximum'], 'below'),
  ].filter((part) => part !== null);
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`;
}

function bound(value: unknown, words: string): string | null {
  return typeof value === 'number' ? `${words} ${value}` : null;
}

/** The documentation page of a plugin, made from nothing but its own metadata. */
export function pluginPage(plugin: Plugin): string {
  const clauses = clauseLines(plugin.frameworks).map((line) => `- ${line}`);
  return `${[
    `# ${plugin.id}`,
    `*${plugin.kind}, severity ${plugin.severity}.* ${plugin.title} / ${plugin.failureTitle}`,
    plugin.description,
    ...(plugin.threat === null ? [] : ['## Threat model', plugin.threat]),
    '## Needs',
    needs(plugin),
    '## Options',
    table(['Option', 'Accepts', 'Default', 'What it is'], optionRows(plugin.options)),
    '## Thresholds',
    table(['Threshold', 'Accepts', 'Default', 'What it is'], optionRows(plugin.policy)),
    ...Object.entries(plugin.presets).map(([preset, bars]) => `- preset \`${preset}\`: \`${JSON.stringify(bars)}\``),
    '## What to do about a failure',
    plugin.advice,
    '## Evidence toward',
    clauses.join('\n'),
    '## Sources',
    plugin.sources.map((source) => `- ${source}`).join('\n'),
  ].join('\n\n')}\n`;
}

function needs({ needs: capabilities, data }: Plugin): string {
  const target = capabilities.length === 0 ? 'no target' : `a target with ${capabilities.join(', ')}`;
  return `${target}; ${data.length === 0 ? 'no data' : `data: ${data.join(', ')}`}`;
}

function table(header: readonly string[], rows: readonly OptionRow[]): string {
  if (rows.length === 0) return 'None.';
  const lines = rows.map(({ name, accepts, fallback, description }) =>
    [`\`${name}\``, accepts, fallback === null ? '' : `\`${fallback}\``, description].map(cell).join(' | '),
  );
  return [header.join(' | '), header.map(() => '---').join(' | '), ...lines].map((line) => `| ${line} |`).join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');
}
