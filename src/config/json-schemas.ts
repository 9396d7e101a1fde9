import { readFileSync } from 'node:fs';
import type { TObject, TSchema } from '@sinclair/typebox';
import type { Json, JsonObject } from '#base/json';
import { packageFile } from '#base/package-root';
import { ANONYMIZATION_VERSION, AnonymizationCertificate } from '#report/anonymization';
import { EXPLANATION_VERSION, ExplanationRecord } from '#report/explanation';
import { HARDENING_VERSION, HardeningRecord } from '#report/hardening';
import { REPORT_VERSION, Report } from '#report/report';
import { READABLE_VERSIONS } from '#report/upgrade';
import { closedObject, type ConfigurablePlugin } from './configurable.js';
import { PolicyConfig } from './policy-schema.js';
import { Config } from './schema.js';

/** What an editor needs to know of an explainer. */
export type DescribedExplainer = Pick<ConfigurablePlugin, 'title' | 'description' | 'options'> & {
  readonly id: string;
};

/** A schema of an object, whole or in part. */
interface Described {
  readonly properties: Readonly<Record<string, object>>;
}

/** TypeBox writes tuples as draft-07 does, and ajv reads draft-07 by default. */
const DIALECT = 'http://json-schema.org/draft-07/schema#';

/**
 * The published schemas by the names of their files below `schema/`: what editors and readers of reports check
 * against. The options and thresholds of the given plugins and the options of explainers are in them; the ids of other plugins
 * stay allowed.
 */
export function schemaFiles(
  plugins: ReadonlyMap<string, ConfigurablePlugin>,
  explainers: readonly DescribedExplainer[],
  anonymize: TObject,
): ReadonlyMap<string, string> {
  const known = [...plugins].sort(([a], [b]) => (a < b ? -1 : 1));
  const options = known.map(([id, plugin]) => [id, oneOrMore(describedOptions(plugin))] as const);
  const explaining = explainers.map((explainer) => [explainer.id, describedOptions(explainer)] as const);
  const thresholds = known.map(([id, plugin]) => [id, describedThresholds(plugin)] as const);
  return new Map([
    [
      'config.json',
      textOf(
        withMember(withMembers(withMembers(Config, 'audits', options), 'explain', explaining), 'anonymize', anonymize),
      ),
    ],
    ['policy.json', textOf(withMembers(PolicyConfig, 'audits', thresholds))],
    ...earlierReports(),
    [`report-${REPORT_VERSION}.json`, textOf(Report)],
    [`hardening-${HARDENING_VERSION}.json`, textOf(HardeningRecord)],
    [`explanation-${EXPLANATION_VERSION}.json`, textOf(ExplanationRecord)],
    [`anonymization-${ANONYMIZATION_VERSION}.json`, textOf(AnonymizationCertificate)],
  ]);
}

/** As they were published: reports of those versions are still read. */
function earlierReports(): (readonly [string, string])[] {
  return READABLE_VERSIONS.filter((version) => version < REPORT_VERSION).map((version) => [
    `report-${version}.json`,
    readFileSync(packageFile(`resources/report-schemas/report-${version}.json`), 'utf8'),
  ]);
}

/** The schema with those of some members of one of its records. */
function withMembers(
  schema: Described,
  record: string,
  entries: readonly (readonly [id: string, schema: object])[],
): Described {
  const { patternProperties, ...rest }: Readonly<Record<string, unknown>> = { ...schema.properties[record] };
  const others = Object.values((patternProperties ?? {}) as Readonly<Record<string, unknown>>)[0] ?? true;
  const described = { ...rest, properties: Object.fromEntries(entries), additionalProperties: others };
  return { ...schema, properties: { ...schema.properties, [record]: described } };
}

/** The schema with that of one of its members. */
function withMember(schema: Described, member: string, described: TObject): Described {
  const { description }: { readonly description?: string } = { ...schema.properties[member] };
  return { ...schema, properties: { ...schema.properties, [member]: { ...described, description } } };
}

function oneOrMore(options: TSchema): object {
  return {
    title: options.title,
    description: options.description,
    anyOf: [options, { type: 'array', items: options, minItems: 1 }],
  };
}

function describedOptions(plugin: Omit<DescribedExplainer, 'id'>): TObject {
  return { ...closedObject(plugin.options), title: plugin.title, description: plugin.description };
}

function describedThresholds(plugin: ConfigurablePlugin): TObject {
  return { ...closedObject(plugin.policy), title: plugin.title };
}

/** Through JSON, which leaves out what TypeBox keeps for itself under symbols. */
function textOf(schema: object): string {
  const json = JSON.parse(JSON.stringify({ $schema: DIALECT, ...schema })) as Json;
  return `${JSON.stringify(asWritten(json), null, 2)}\n`;
}

/** TypeBox requires members that have a default; in a file, which is checked before they are filled in, they may lack. */
function asWritten(schema: Json): Json {
  if (isList(schema)) return schema.map(asWritten);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.entries(schema).map(([key, member]) => [key, asWritten(member ?? null)] as const);
  return { ...Object.fromEntries(members), ...requiredOf(schema) };
}

function requiredOf({ required, properties }: JsonObject): JsonObject {
  if (required === undefined || !isList(required) || !isObject(properties)) return {};
  return { required: required.filter((key) => typeof key === 'string' && !hasDefault(properties[key])) };
}

function hasDefault(schema: Json | undefined): boolean {
  return isObject(schema) && schema['default'] !== undefined;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}
