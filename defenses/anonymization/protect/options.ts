import { Type, type Static } from '@sinclair/typebox';
import { check, type Place } from '#plugin/options';
import { HierarchyOption } from '../hierarchies/options.js';
import { LatticeOptions } from '../lattice/options.js';
import { checkModel, PrivacyModelConfig } from '../models/config.js';
import { MondrianOptions } from '../mondrian/options.js';

const shared = {
  algorithm: Type.Unsafe<'full-domain' | 'mondrian'>({
    type: 'string',
    enum: ['full-domain', 'mondrian'],
    default: 'full-domain',
    description:
      'full-domain: the best level of a hierarchy for each whole column. mondrian: cuts the records into classes along one column ' +
      'after the other, without suppression.',
  }),
  suppression: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0,
    description: 'The share of records whose quasi-identifiers may be emptied, by the full-domain search.',
  }),
  fullDomain: Type.Optional(LatticeOptions),
  mondrian: Type.Optional(MondrianOptions),
};

const closed = { additionalProperties: false };

/** What `anonymize` of a config may say, as it is published. */
export const AnonymizeOptions = Type.Object(
  {
    models: Type.Array(PrivacyModelConfig, { minItems: 1, description: 'All of them have to hold.' }),
    ...shared,
    hierarchies: Type.Optional(
      Type.Record(Type.String(), HierarchyOption, {
        description:
          'By column. A quasi-identifier without one is kept or replaced by `*` as a whole by the full-domain search, and cut at ' +
          'medians by Mondrian.',
      }),
    ),
  },
  closed,
);

/** The same without unions, whose members have defaults: those are checked one by one, each by its own schema. */
const Outline = Type.Object(
  {
    models: Type.Array(Type.Unknown(), { minItems: 1 }),
    ...shared,
    fullDomain: Type.Optional(Type.Unknown()),
    mondrian: Type.Optional(Type.Unknown()),
    hierarchies: Type.Optional(Type.Record(Type.String(), HierarchyOption)),
  },
  closed,
);

/** Every default filled in. */
export interface CompleteOptions {
  readonly models: readonly PrivacyModelConfig[];
  readonly algorithm: 'full-domain' | 'mondrian';
  readonly suppression: number;
  readonly fullDomain: LatticeOptions;
  readonly mondrian: MondrianOptions;
  readonly hierarchies: Readonly<Record<string, HierarchyOption>>;
}

/** @throws the error of `place` for what is not among the options */
export function completeOptions(given: unknown, place: Place): CompleteOptions {
  const outline: Static<typeof Outline> = check(Outline, given, place);
  const at = (...path: (string | number)[]): Place => ({ ...place, path: [...place.path, ...path] });
  return {
    models: outline.models.map((model, i) => checkModel(model, at('models', i))),
    algorithm: outline.algorithm,
    suppression: outline.suppression,
    fullDomain: check(LatticeOptions, outline.fullDomain ?? {}, at('fullDomain')),
    mondrian: check(MondrianOptions, outline.mondrian ?? {}, at('mondrian')),
    hierarchies: outline.hierarchies ?? {},
  };
}
