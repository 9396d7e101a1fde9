import { AssayError } from '#base/errors';
import type { JsonObject } from '#base/json';
import { closest } from '#config/closest';
import { closedObject } from '#config/configurable';
import { nameIn } from '#config/document/find';
import type { LoadedConfig } from '#config/loaded';
import type { Place } from '#config/place';
import { check } from '#config/validate';
import type { Explainer } from '#plugin/explainer';
import type { ExplainingKit } from '#plugin/explaining';
import type { ModelExplainer } from '#plugin/model-explainer';
import type { TargetFacts } from '#plugin/plugin';
import type { TargetCard } from '#report/report';

/** An explainer with its options, and whether it runs. */
export interface Scheduled<Kind extends AnyExplainer = Explainer> {
  readonly explainer: Kind;
  /** Complete. */
  readonly options: JsonObject;
  /** Why it cannot; null where it runs. */
  readonly because: string | null;
}

type AnyExplainer = Pick<Explainer, 'id' | 'options' | 'needs' | 'appliesTo'>;
type Kit = Pick<ExplainingKit, 'explainers' | 'ofModel'>;
type Loaded = Pick<LoadedConfig, 'config' | 'file' | 'positions'>;
type Card = Pick<TargetCard, 'capabilities' | 'missing'>;

/**
 * Checks all that a config says of explainers, whichever of them will run.
 *
 * @throws AssayError `config` for an id that is none, and for options that an explainer does not have
 */
export function requireOptions({ explainers, ofModel }: Kit, loaded: Loaded): void {
  const all: readonly AnyExplainer[] = [...explainers, ...ofModel];
  const place = placeOf(loaded);
  for (const [id, given] of Object.entries(loaded.config.explain)) {
    requireKnown(
      id,
      all.map((each) => each.id),
      `${place.file}, \`explain\``,
    );
    for (const explainer of all) if (explainer.id === id) optionsOf(explainer, given, place);
  }
}

/**
 * Every explainer of a decision that was asked for, in the kit's order.
 *
 * @param only the ids of those that are wanted
 * @throws AssayError `usage` for an id that is none, `config` as {@link requireOptions}
 */
export function scheduleOf(
  kit: Kit,
  loaded: Loaded,
  facts: TargetFacts,
  card: Card,
  only: readonly string[] | undefined,
): Scheduled[] {
  const { explainers } = kit;
  for (const id of only ?? []) {
    requireKnown(
      id,
      explainers.map((each) => each.id),
      '--only',
    );
  }
  requireOptions(kit, loaded);
  const wanted = explainers.filter(({ id }) => only === undefined || only.includes(id));
  return wanted.map((explainer) => scheduled(explainer, loaded, facts, card));
}

/** Those of a model as a whole that the config has options for, in the kit's order. @throws as {@link requireOptions} */
export function modelScheduleOf(kit: Kit, loaded: Loaded, facts: TargetFacts, card: Card): Scheduled<ModelExplainer>[] {
  requireOptions(kit, loaded);
  const wanted = kit.ofModel.filter(({ id }) => Object.hasOwn(loaded.config.explain, id));
  return wanted.map((explainer) => scheduled(explainer, loaded, facts, card));
}

function scheduled<Kind extends AnyExplainer>(
  explainer: Kind,
  loaded: Loaded,
  facts: TargetFacts,
  card: Card,
): Scheduled<Kind> {
  return {
    explainer,
    options: optionsOf(explainer, loaded.config.explain[explainer.id] ?? {}, placeOf(loaded)),
    because: obstacle(explainer, facts, card),
  };
}

function placeOf({ file, positions }: Loaded): Omit<Place, 'path'> {
  return { code: 'config', file: nameIn(process.cwd(), file), positions };
}

function optionsOf({ id, options }: AnyExplainer, given: object, place: Omit<Place, 'path'>): JsonObject {
  // A checked copy of what JSON holds: see `check`.
  return check(closedObject(options), given, { ...place, path: ['explain', id] }) as JsonObject;
}

/** Why an explainer cannot be asked; null where it can. */
function obstacle(explainer: AnyExplainer, facts: TargetFacts, { capabilities, missing }: Card): string | null {
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
