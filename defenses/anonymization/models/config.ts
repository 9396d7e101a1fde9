import { Type, type Static, type TObject } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import type { Place } from '#plugin/options';
import type { HierarchyBuilder } from '../hierarchies/build.js';
import { checkNamed, type NamedConfig } from '../named-config.js';
import { differentialPrivacyModel } from './differential-privacy.js';
import { equalDistance, hierarchicalDistance, orderedDistance, type DistanceOf } from './distances.js';
import { distinctDiversity, entropyDiversity, recursiveDiversity } from './l-diversity.js';
import type { MeasuringModel } from './measured-model.js';
import { alphaKModel, betaLikenessModel, deltaDisclosureModel } from './share-models.js';
import { deltaPresenceModel, kAnonymityModel, kMapModel } from './size-models.js';
import { tClosenessModel } from './t-closeness.js';

const closed = { additionalProperties: false };

const column = Type.String({ minLength: 1, description: 'The sensitive column.' });
export const k = Type.Integer({
  minimum: 2,
  default: 5,
  description: 'The least number of records that a class may have.',
});

/** What a record counts for whose sensitive value is missing. */
export const missingSensitive = Type.Unsafe<'left-out' | 'own-value'>({
  type: 'string',
  enum: ['left-out', 'own-value'],
  default: 'left-out',
  description:
    'What a missing sensitive value counts for: nothing, so that shares are among the known values (left-out), or as a value of its own, as in ARX (own-value).',
});

export const diversityOptions = {
  kind: Type.Unsafe<'distinct' | 'entropy' | 'recursive'>({
    type: 'string',
    enum: ['distinct', 'entropy', 'recursive'],
    default: 'distinct',
    description:
      'How diversity is counted: as different values, as exp(entropy), or by how far the most frequent value stands out (recursive).',
  }),
  l: Type.Integer({ minimum: 2, default: 2, description: 'The least diversity of a class.' }),
  c: Type.Number({
    exclusiveMinimum: 0,
    default: 3,
    description:
      'Recursive only: the most frequent value has fewer than c times the records of the l-th frequent one and all behind it.',
  }),
  estimator: Type.Unsafe<'shannon' | 'grassberger'>({
    type: 'string',
    enum: ['shannon', 'grassberger'],
    default: 'shannon',
    description: "Entropy only: of the class as it is, or Grassberger's estimate for what the class was drawn from.",
  }),
};

export const closenessOptions = {
  t: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1,
    default: 0.2,
    description: "The largest earth mover's distance of a class from the table.",
  }),
  distance: Type.Unsafe<'equal' | 'ordered' | 'hierarchical'>({
    type: 'string',
    enum: ['equal', 'ordered', 'hierarchical'],
    default: 'equal',
    description:
      'How far values are apart: all equally, by their places in an order, or by the height of the group that both are in.',
  }),
  order: Type.Optional(
    Type.Array(Type.String(), {
      minItems: 2,
      uniqueItems: true,
      description: 'Ordered only: all values from the least to the greatest. Default: as numbers and dates have it.',
    }),
  ),
};

export const presenceOptions = {
  minimum: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0,
    description: 'The least share of the population of a class that may be in the table.',
  }),
  maximum: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1,
    default: 0.5,
    description: 'The largest share of the population of a class that may be in the table.',
  }),
};

export const likenessOptions = {
  beta: Type.Number({
    exclusiveMinimum: 0,
    default: 1,
    description: 'How much more frequent a value may be in a class than in the table: 1 is twice as frequent.',
  }),
  kind: Type.Unsafe<'basic' | 'enhanced'>({
    type: 'string',
    enum: ['basic', 'enhanced'],
    default: 'enhanced',
    description: 'Whether frequent values are bound more tightly: by -ln(share in the table) besides beta (enhanced).',
  }),
};

export const alpha = Type.Number({
  exclusiveMinimum: 0,
  maximum: 1,
  default: 0.5,
  description: 'The largest share of a class that one sensitive value may have.',
});

export const disclosure = Type.Number({
  exclusiveMinimum: 0,
  default: 1,
  description: 'What |ln(share in the class / share in the table)| of each value of a class has to be below.',
});

export const KAnonymityConfig = Type.Object({ model: Type.Literal('k-anonymity'), k }, closed);
export const KMapConfig = Type.Object({ model: Type.Literal('k-map'), k }, closed);
export const LDiversityConfig = Type.Object(
  { model: Type.Literal('l-diversity'), column, ...diversityOptions, missingSensitive },
  closed,
);
export const TClosenessConfig = Type.Object(
  { model: Type.Literal('t-closeness'), column, ...closenessOptions, missingSensitive },
  closed,
);
export const DeltaPresenceConfig = Type.Object({ model: Type.Literal('delta-presence'), ...presenceOptions }, closed);
export const AlphaKConfig = Type.Object({ model: Type.Literal('alpha-k'), column, alpha, k, missingSensitive }, closed);
export const BetaLikenessConfig = Type.Object(
  { model: Type.Literal('beta-likeness'), column, ...likenessOptions, missingSensitive },
  closed,
);
export const DeltaDisclosureConfig = Type.Object(
  { model: Type.Literal('delta-disclosure'), column, delta: disclosure, missingSensitive },
  closed,
);
export const DifferentialPrivacyConfig = Type.Object(
  {
    model: Type.Literal('differential-privacy'),
    epsilon: Type.Number({ exclusiveMinimum: 0, description: 'Of the release as a whole.' }),
    delta: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, description: 'Well below 1 / records.' }),
    beta: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        exclusiveMaximum: 1,
        description: 'The probability with which a record is sampled. Default: 1 - exp(-epsilon), the largest.',
      }),
    ),
  },
  closed,
);

const CONFIGS = {
  'k-anonymity': KAnonymityConfig,
  'k-map': KMapConfig,
  'l-diversity': LDiversityConfig,
  't-closeness': TClosenessConfig,
  'delta-presence': DeltaPresenceConfig,
  'alpha-k': AlphaKConfig,
  'beta-likeness': BetaLikenessConfig,
  'delta-disclosure': DeltaDisclosureConfig,
  'differential-privacy': DifferentialPrivacyConfig,
} as const satisfies Record<string, TObject>;

/** A privacy model and its parameters: `{ "model": "l-diversity", "kind": "entropy", "l": 3, "column": "diagnosis" }`. */
export const PrivacyModelConfig = Type.Union(Object.values(CONFIGS), {
  description: 'A privacy model: what a class of records must be like to be released.',
});

export type PrivacyModelConfig = NamedConfig<typeof CONFIGS>;

/**
 * A model as a config has it, with its defaults filled in. Problems are told by the schema of the model that is named, not of all of them.
 *
 * @throws the error of `place` for what the model does not take
 */
export function checkModel(value: unknown, place: Place): PrivacyModelConfig {
  return checkNamed('model', CONFIGS, value, place);
}

/**
 * The model of a config.
 *
 * @param hierarchies by column of the table that it will be bound to; only t-closeness by a hierarchy looks at them
 * @throws AssayError `config` where parameters contradict each other, or a hierarchy is missing
 */
export function modelOf(config: PrivacyModelConfig, hierarchies: Hierarchies = new Map()): MeasuringModel {
  switch (config.model) {
    case 'k-anonymity':
      return kAnonymityModel(config);
    case 'k-map':
      return kMapModel(config);
    case 'delta-presence':
      checkPresence(config);
      return deltaPresenceModel(config);
    case 'differential-privacy':
      return differentialPrivacyModel(config);
    default:
      return ofColumn(config, config.missingSensitive, hierarchies);
  }
}

export type Hierarchies = ReadonlyMap<string, HierarchyBuilder>;

type OfColumnConfig = Extract<PrivacyModelConfig, { readonly column: string }>;

function ofColumn(config: OfColumnConfig, missing: 'left-out' | 'own-value', hierarchies: Hierarchies): MeasuringModel {
  switch (config.model) {
    case 'l-diversity':
      if (config.kind === 'distinct') return distinctDiversity({ ...config, missing });
      return config.kind === 'entropy'
        ? entropyDiversity({ ...config, missing })
        : recursiveDiversity({ ...config, missing });
    case 't-closeness':
      return tClosenessModel({ ...config, missing, ...namedDistance(config, hierarchies) });
    case 'alpha-k':
      return alphaKModel({ ...config, missing });
    case 'beta-likeness':
      return betaLikenessModel({ ...config, missing });
    case 'delta-disclosure':
      return deltaDisclosureModel({ ...config, missing });
  }
}

function namedDistance(
  { column: name, distance, order }: Static<typeof TClosenessConfig>,
  hierarchies: Hierarchies,
): { readonly distanceName: string; readonly distance: DistanceOf } {
  switch (distance) {
    case 'equal':
      return { distanceName: 'equal distance', distance: equalDistance };
    case 'ordered':
      return { distanceName: 'ordered distance', distance: orderedDistance(order ?? null) };
    case 'hierarchical': {
      const build = hierarchies.get(name);
      if (build !== undefined) {
        return {
          distanceName: 'hierarchical distance',
          distance: (sensitive) => hierarchicalDistance(build(sensitive.column))(sensitive),
        };
      }
      throw new AssayError('config', {
        what: `t-closeness of \`${name}\` by a hierarchy is asked for, and that column has none`,
        mend: 'Name one in `hierarchies`, or take `distance: "equal"`.',
      });
    }
  }
}

/** @throws AssayError `config` for bounds that exclude everything */
export function checkPresence({ minimum, maximum }: { readonly minimum: number; readonly maximum: number }): void {
  if (minimum <= maximum) return;
  throw new AssayError('config', {
    what: `\`minimum\` is ${minimum}, and \`maximum\` is ${maximum}: no share lies between them`,
    mend: 'Give the smaller of the two as `minimum`.',
  });
}
