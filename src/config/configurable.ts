import type { JsonObject } from '#base/json';
import type { TObject } from '@sinclair/typebox';
import { closest } from './closest.js';
import { nameOf, type Path, type Problem } from './place.js';
import { show } from './wording/show.js';

/** What configs and policies need to know of a plugin. Every `Plugin` is one; the import would go the wrong way. */
export interface ConfigurablePlugin {
  readonly title: string;
  readonly description: string;
  readonly options: TObject;
  readonly policy: TObject;
  /** Options that hold under a preset of the policy where the config sets none. */
  readonly optionsUnder?: Readonly<Partial<Record<string, JsonObject>>>;
  checkOptions?(options: unknown): void;
}

const closed = new WeakMap<TObject, TObject>();

/** The same schema with unknown keys refused: a plugin that forgot to say so must not let a typo pass. */
export function closedObject(schema: TObject): TObject {
  if (schema.additionalProperties !== undefined) return schema;
  const known = closed.get(schema) ?? { ...schema, additionalProperties: false };
  closed.set(schema, known);
  return known;
}

export function unknownPlugin(path: Path, id: string, plugins: ReadonlyMap<string, unknown>): Problem {
  const meant = closest(id, [...plugins.keys()]);
  const suggestion = meant === null ? '' : `; the closest is \`${meant}\``;
  const subject = path.at(-1) === id ? nameOf(path) : `${nameOf(path)}, ${show(id)},`;
  return { path, what: `${subject} names no plugin${suggestion}`, mend: '`assay list` names them all.' };
}
