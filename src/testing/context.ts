import { AssayError } from '#base/errors';
import type { JsonObject } from '#base/json';
import { plainJson } from '#pipeline/plain-json';
import { completeOptions } from '#plugin/options';
import type { Bookmark, ConfiguredPlugin, RunContext, StepValue } from '#plugin/plugin';
import { randomStreams } from '#stats/random';
import { inMemory } from '#target/sample-source';
import type { Samples, Target } from '#target/target';

/** What of a context may differ from the usual. */
export interface MemoryContextOptions {
  /** Default 0. */
  readonly seed?: number | string;
  /** How many changed inputs are kept. Default 64. */
  readonly keep?: number;
}

/**
 * A context that runs a plugin in this process, as a worker would: options are checked and completed, steps have unique
 * names and hold what JSON holds. Checkpoints are kept in memory, progress goes nowhere.
 *
 * @throws AssayError `config` for options that the plugin refuses
 */
export function memoryContext(
  { plugin, options }: ConfiguredPlugin,
  target: Target | null,
  test: Samples,
  { seed = 0, keep = 64 }: MemoryContextOptions = {},
): RunContext<JsonObject> {
  return {
    options: completeOptions(plugin, options) as JsonObject,
    target,
    test: inMemory(test),
    train: null,
    table: null,
    population: null,
    readFile: (path) => Promise.reject(new Error(`${path} is not given`)),
    random: randomStreams(seed, plugin.id),
    keep,
    ...checkpoints(),
    progress: () => undefined,
  };
}

function checkpoints(): Pick<RunContext<JsonObject>, 'step' | 'bookmark'> {
  const names = new Set<string>();
  const claim = (name: string): void => {
    if (names.has(name)) throw new AssayError('plugin', { what: `two steps are named \`${name}\`` });
    names.add(name);
  };
  return {
    async step<T extends StepValue>(name: string, compute: () => Promise<T>): Promise<T> {
      claim(name);
      const { json, arrays } = await compute();
      // As it would be read back after an interruption: a step's type is its own business.
      return { json: plainJson(json, name), arrays } as unknown as T;
    },
    bookmark<T extends StepValue>(name: string): Bookmark<T> {
      claim(name);
      let kept: StepValue | null = null;
      return {
        recall: () => Promise.resolve(kept as T | null),
        keep({ json, arrays }) {
          kept = { json: plainJson(json, name), arrays };
          return Promise.resolve();
        },
      };
    },
  };
}
