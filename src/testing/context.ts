import type { JsonObject } from '#base/json';
import { check } from '#config/validate';
import type { ConfiguredPlugin, RunContext } from '#plugin/plugin';
import { randomStreams } from '#stats/random';
import type { Samples, Target } from '#target/target';

/** A context that runs a plugin in this process: checkpoints are kept in memory, progress goes nowhere. */
export function memoryContext(
  { plugin, options }: ConfiguredPlugin,
  target: Target,
  test: Samples,
  seed: number | string = 0,
): RunContext<JsonObject> {
  const place = { code: 'config', file: plugin.id, path: [] } as const;
  return {
    options: check(plugin.options, options, place) as JsonObject,
    target,
    test,
    train: null,
    table: null,
    random: randomStreams(seed, plugin.id),
    keep: 64,
    step: (_, compute) => compute(),
    progress: () => undefined,
  };
}
