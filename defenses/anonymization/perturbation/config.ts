import { Type, type TObject } from '@sinclair/typebox';
import type { Place } from '#plugin/options';
import { checkNamed, type NamedConfig } from '../named-config.js';
import { NoiseOptions, PramOptions, RankSwappingOptions, TopBottomOptions } from './options.js';

const closed = { additionalProperties: false };

const columns = Type.Array(Type.String({ minLength: 1 }), {
  minItems: 1,
  uniqueItems: true,
  description: 'The columns whose values are changed, of any role but that of an identifier.',
});

const TopBottomConfig = Type.Object(
  { method: Type.Literal('top-bottom-coding'), columns, ...TopBottomOptions.properties },
  closed,
);
const PramConfig = Type.Object({ method: Type.Literal('pram'), columns, ...PramOptions.properties }, closed);
const RankSwappingConfig = Type.Object(
  { method: Type.Literal('rank-swapping'), columns, ...RankSwappingOptions.properties },
  closed,
);
const NoiseConfig = Type.Object({ method: Type.Literal('noise'), columns, ...NoiseOptions.properties }, closed);

const CONFIGS = {
  'top-bottom-coding': TopBottomConfig,
  pram: PramConfig,
  'rank-swapping': RankSwappingConfig,
  noise: NoiseConfig,
} as const satisfies Record<string, TObject>;

/** A perturbation of columns and its parameters: `{ "method": "rank-swapping", "columns": ["income"], "window": 2 }`. */
export const PerturbationConfig = Type.Union(Object.values(CONFIGS), {
  description: 'Changes values of columns: beyond thresholds, by chance, by trading places, or by noise.',
});

export type PerturbationConfig = NamedConfig<typeof CONFIGS>;

/**
 * A perturbation as a config has it, with its defaults filled in. Problems are told by the schema of the method that is named.
 *
 * @throws the error of `place` for what the method does not take
 */
export function checkPerturbation(value: unknown, place: Place): PerturbationConfig {
  return checkNamed('method', CONFIGS, value, place);
}
