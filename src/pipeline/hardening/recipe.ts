import { resolve } from 'node:path';
import { AssayError } from '#base/errors';
import type { JsonObject } from '#base/json';
import { closedObject } from '#config/configurable';
import { nameIn } from '#config/document/find';
import { readDocument } from '#config/document/read';
import type { LoadedConfig } from '#config/loaded';
import type { Place } from '#config/place';
import { check } from '#config/validate';
import type { Plugin } from '#plugin/plugin';

/** The plugin that trains; a recipe is its options. */
export const TRAINING = 'training/adversarial';

/** What a caller says of a recipe. */
export interface RecipeChoice {
  /** The path of a JSON or YAML file, or the recipe as a value. Default: what the config has under the training plugin. */
  readonly recipe?: string | JsonObject;
  /** Instead of what the recipe says. */
  readonly method?: string;
  readonly epsilon?: number;
  readonly epochs?: number;
}

export interface ChosenRecipe {
  /** Without defaults, which the plan fills in. */
  readonly written: JsonObject;
  /** Whether it is the config's own as it stands there. */
  readonly place: 'config' | 'elsewhere';
}

interface Source {
  readonly value: unknown;
  readonly place: Place;
}

/**
 * Reads and checks the recipe of a hardening.
 *
 * @param cwd what the path of a file is relative to
 * @throws AssayError `config` or `usage` for a recipe that is missing, ambiguous, ill-formed or contradictory
 */
export async function recipeOf(
  loaded: LoadedConfig,
  plugin: Plugin,
  { recipe, ...choice }: RecipeChoice,
  cwd: string,
): Promise<ChosenRecipe> {
  const { value, place } = recipe === undefined ? configured(loaded) : await named(recipe, cwd);
  const { method, epsilon, epochs } = choice;
  const changes = Object.fromEntries(
    Object.entries({ method, epsilon, epochs }).filter(([, said]) => said !== undefined),
  );
  const isChanged = Object.keys(changes).length > 0;
  const written = isMembers(value) ? { ...value, ...changes } : value;
  requireEpsilon(written, plugin);
  const options = check(closedObject(plugin.options), written, place) as JsonObject;
  checkTogether(plugin, options, place);
  return { written: written as JsonObject, place: recipe === undefined && !isChanged ? 'config' : 'elsewhere' };
}

function configured({ file, config, positions }: LoadedConfig): Source {
  const place: Place = {
    ...{ code: 'config', file: nameIn(process.cwd(), file), path: ['audits', TRAINING] },
    positions,
  };
  const options = config.audits[TRAINING] ?? {};
  if (!Array.isArray(options)) return { value: options, place };
  if (options.length === 1) return { value: options[0], place: { ...place, path: [...place.path, 0] } };
  throw new AssayError('usage', {
    where: place.file,
    what: `it has ${options.length} recipes under \`audits["${TRAINING}"]\`, and a model is hardened by one`,
    mend: 'Write the one into a file and name it with --recipe.',
  });
}

async function named(recipe: string | JsonObject, cwd: string): Promise<Source> {
  if (typeof recipe !== 'string') {
    return { value: recipe, place: { code: 'config', file: 'the recipe', path: [] } };
  }
  const path = resolve(cwd, recipe);
  const file = { path, name: nameIn(cwd, path), code: 'config' } as const;
  const { value, positions } = await readDocument(file);
  return { value, place: { code: 'config', file: file.name, path: [], positions } };
}

/** Which changes the model is to withstand is nothing that anybody else can know. */
function requireEpsilon(written: unknown, { options }: Plugin): void {
  const own = options.properties['epsilon'];
  if (!isMembers(written) || 'epsilon' in written || own === undefined || own.default !== undefined) return;
  throw new AssayError('usage', {
    where: '--epsilon',
    what: 'nothing says how large the changes are that the model is to withstand',
    mend: `Give --epsilon, in the units of the data, or write \`epsilon\` into the recipe.`,
  });
}

/** What a schema cannot say; the plugin does not know the place. */
function checkTogether(plugin: Plugin, options: JsonObject, place: Place): void {
  try {
    plugin.checkOptions?.(options);
  } catch (thrown) {
    if (!(thrown instanceof AssayError)) throw thrown;
    const mend = thrown.mend === undefined ? {} : { mend: thrown.mend };
    throw new AssayError('config', { where: place.file, what: thrown.what, ...mend, cause: thrown });
  }
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
