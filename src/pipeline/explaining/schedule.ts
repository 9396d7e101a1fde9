import { AssayError } from '#base/errors';
import type { JsonObject } from '#base/json';
import { closest } from '#config/closest';
import { closedObject } from '#config/configurable';
import { nameIn } from '#config/document/find';
import type { LoadedConfig } from '#config/loaded';
import type { Place } from '#config/place';
import { check } from '#config/validate';
import type { Explainer } from '#plugin/explainer';
import type { TargetFacts } from '#plugin/plugin';
import type { TargetCard } from '#report/report';

/** An explainer with its options, and whether it runs. */
export interface Scheduled {
  readonly explainer: Explainer;
  /** Complete. */
  readonly options: JsonObject;
  /** Why it cannot; null where it runs. */
  readonly because: string | null;
}

/**
 * Every explainer that was asked for, in the kit's order.
 *
 * @param only the ids of those that are wanted
 * @throws AssayError `usage` for an id that is none, `config` for options that an explainer does not have
 */
export function scheduleOf(
  explainers: readonly Explainer[],
  { config, file, positions }: Pick<LoadedConfig, 'config' | 'file' | 'positions'>,
  facts: TargetFacts,
  card: Pick<TargetCard, 'capabilities' | 'missing'>,
  only: readonly string[] | undefined,
): Scheduled[] {
  const ids = explainers.map(({ id }) => id);
  for (const id of only ?? []) requireKnown(id, ids, '--only');
  const place = { code: 'config', file: nameIn(process.cwd(), file), positions } as const;
  for (const id of Object.keys(config.explain)) requireKnown(id, ids, `${place.file}, \`explain\``);
  const wanted = explainers.filter(({ id }) => only === undefined || only.includes(id));
  return wanted.map((explainer) => ({
    explainer,
    options: optionsOf(explainer, config.explain[explainer.id] ?? {}, place),
    because: obstacle(explainer, facts, card),
  }));
}

function optionsOf({ id, options }: Explainer, given: object, place: Omit<Place, 'path'>): JsonObject {
  // A checked copy of what JSON holds: see `check`.
  return check(closedObject(options), given, { ...place, path: ['explain', id] }) as JsonObject;
}

/** Why an explainer cannot be asked; null where it can. */
function obstacle(
  explainer: Explainer,
  facts: TargetFacts,
  { capabilities, missing }: Pick<TargetCard, 'capabilities' | 'missing'>,
): string | null {
  const unfit = explainer.appliesTo(facts);
  if (unfit !== null) return unfit;
  const lacking = explainer.needs.find((need) => !capabilities.includes(need));
  if (lacking === undefined) return null;
  return missing.find(({ capability }) => capability === lacking)?.because ?? `the model gives no ${lacking}`;
}

function requireKnown(id: string, ids: readonly string[], where: string): void {
  if (ids.includes(id)) return;
  const meant = closest(id, ids);
  throw new AssayError(where === '--only' ? 'usage' : 'config', {
    where,
    what: `${JSON.stringify(id)} names no explainer${meant === null ? '' : `; the closest is \`${meant}\``}`,
    mend: `There are ${ids.join(', ')}.`,
  });
}
