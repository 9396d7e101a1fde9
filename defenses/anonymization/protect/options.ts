import { Type, type Static } from '@sinclair/typebox';
import { check, type Place } from '#plugin/options';
import { HierarchyOption } from '../hierarchies/options.js';
import { LatticeOptions } from '../lattice/options.js';
import { MicroaggregationOptions } from '../microaggregation/options.js';
import { checkModel, PrivacyModelConfig } from '../models/config.js';
import { MondrianOptions } from '../mondrian/options.js';
import { checkPerturbation, PerturbationConfig } from '../perturbation/config.js';
import { LocalSuppressionOptions } from '../perturbation/options.js';

const closed = { additionalProperties: false };

export const ALGORITHMS = [
  'full-domain',
  'fixed',
  'mondrian',
  'microaggregation',
  'guided',
  'local-suppression',
] as const;

export type Algorithm = (typeof ALGORITHMS)[number];

/** Of groups and cells the models say how large they are. */
const MeanOptions = Type.Pick(MicroaggregationOptions, ['decimals'], closed);
const CellOptions = Type.Pick(LocalSuppressionOptions, ['importance'], closed);

export const AccuracyOptions = Type.Object(
  {
    label: Type.String({ minLength: 1, description: 'The column that is predicted.' }),
    folds: Type.Integer({ minimum: 2, maximum: 100, default: 10, description: 'Of the cross-validation of the tree.' }),
  },
  {
    ...closed,
    description:
      'Measures what the table is still good for: the accuracy of a decision tree trained on it, and with a `target` and `data.test` that ' +
      'of the audited model.',
  },
);

const shared = {
  algorithm: Type.Unsafe<Algorithm>({
    type: 'string',
    enum: [...ALGORITHMS],
    default: 'full-domain',
    description:
      'full-domain: the best level of a hierarchy for each whole column. fixed: the levels that `levels` names. mondrian: cuts the records into ' +
      'classes along one column after the other. microaggregation: means of groups of near records (MDAV). guided: the leaves of a tree that ' +
      'learned what the model says. local-suppression: empties single cells.',
  }),
  suppression: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0,
    description:
      'The share of records whose quasi-identifiers may be emptied, where classes do not meet the models. Mondrian empties none.',
  }),
  levels: Type.Optional(
    Type.Record(Type.String(), Type.Integer({ minimum: 0, maximum: 255 }), {
      description:
        'Of the algorithm `fixed`: the level of each column in its hierarchy. Those that are not named are kept, level 0.',
    }),
  ),
  fullDomain: Type.Optional(LatticeOptions),
  mondrian: Type.Optional(MondrianOptions),
  microaggregation: Type.Optional(MeanOptions),
  localSuppression: Type.Optional(CellOptions),
  accuracy: Type.Optional(AccuracyOptions),
  samplingFraction: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      description:
        'The share of the population that is in the table, to estimate how many people are unique in the population. `data.population` goes before it.',
    }),
  ),
};

const hierarchies = Type.Optional(
  Type.Record(Type.String(), HierarchyOption, {
    description:
      'By column. A quasi-identifier without one is kept or replaced by `*` as a whole by the full-domain search, and cut at ' +
      'medians by Mondrian.',
  }),
);

/** What `anonymize` of a config may say, as it is published. */
export const AnonymizeOptions = Type.Object(
  {
    models: Type.Array(PrivacyModelConfig, { minItems: 1, description: 'All of them have to hold.' }),
    ...shared,
    perturb: Type.Optional(
      Type.Array(PerturbationConfig, { description: 'Done before the algorithm, one after the other.' }),
    ),
    hierarchies,
  },
  closed,
);

/** The same without unions and what has defaults below an optional key: those are checked one by one, each by its own schema. */
const Outline = Type.Object(
  {
    models: Type.Array(Type.Unknown(), { minItems: 1 }),
    ...shared,
    fullDomain: Type.Optional(Type.Unknown()),
    mondrian: Type.Optional(Type.Unknown()),
    microaggregation: Type.Optional(Type.Unknown()),
    accuracy: Type.Optional(Type.Unknown()),
    perturb: Type.Optional(Type.Array(Type.Unknown())),
    hierarchies,
  },
  closed,
);

/** Every default filled in. */
export interface CompleteOptions {
  readonly models: readonly PrivacyModelConfig[];
  readonly algorithm: Algorithm;
  readonly suppression: number;
  readonly levels: Readonly<Record<string, number>>;
  readonly fullDomain: LatticeOptions;
  readonly mondrian: MondrianOptions;
  readonly microaggregation: Static<typeof MeanOptions>;
  readonly localSuppression: Static<typeof CellOptions>;
  readonly perturb: readonly PerturbationConfig[];
  readonly hierarchies: Readonly<Record<string, HierarchyOption>>;
  readonly accuracy: Static<typeof AccuracyOptions> | null;
  readonly samplingFraction: number | null;
}

/** @throws the error of `place` for what is not among the options */
export function completeOptions(given: unknown, place: Place): CompleteOptions {
  const outline: Static<typeof Outline> = check(Outline, given, place);
  const at = (...path: (string | number)[]): Place => ({ ...place, path: [...place.path, ...path] });
  return {
    models: outline.models.map((model, i) => checkModel(model, at('models', i))),
    algorithm: outline.algorithm,
    suppression: outline.suppression,
    levels: outline.levels ?? {},
    fullDomain: check(LatticeOptions, outline.fullDomain ?? {}, at('fullDomain')),
    mondrian: check(MondrianOptions, outline.mondrian ?? {}, at('mondrian')),
    microaggregation: check(MeanOptions, outline.microaggregation ?? {}, at('microaggregation')),
    localSuppression: outline.localSuppression ?? {},
    perturb: (outline.perturb ?? []).map((step, i) => checkPerturbation(step, at('perturb', i))),
    hierarchies: outline.hierarchies ?? {},
    accuracy: outline.accuracy === undefined ? null : check(AccuracyOptions, outline.accuracy, at('accuracy')),
    samplingFraction: outline.samplingFraction ?? null,
  };
}

/** Whether the records are sampled in secret, as a promise of differential privacy asks for. */
export function isSampled({ models }: Pick<CompleteOptions, 'models'>): boolean {
  return models.some(({ model }) => model === 'differential-privacy');
}
