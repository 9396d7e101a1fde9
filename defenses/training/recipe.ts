import { Type, type Static, type TSchema } from '@sinclair/typebox';

const closed = { additionalProperties: false };
const Enum = <const T extends string>(values: readonly T[], description: string, fallback: T) =>
  Type.Unsafe<T>({ type: 'string', enum: [...values], default: fallback, description });
const Part = (description: string, fallback?: number) =>
  Type.Number({ minimum: 0, maximum: 1, description, ...(fallback === undefined ? {} : { default: fallback }) });
const kind = <T extends string>(name: T) => Type.Literal(name);
const Member = <T extends Record<string, TSchema>>(description: string, members: T) =>
  Type.Object(members, { ...closed, description });

/** How the inputs are made that the model learns from. */
export const METHODS = ['standard', 'pgd', 'trades', 'mart', 'fast', 'free'] as const;

export type Method = (typeof METHODS)[number];

/** Of augmentation steps, where a recipe leaves them out. */
const USUAL = {
  crop: { padding: 4 },
  flip: { probability: 0.5 },
  rotation: { degrees: 15 },
  noise: {},
  cutout: {},
  mixup: { alpha: 0.2 },
  augmix: { width: 3, depth: -1, severity: 3, alpha: 1 },
} as const;

const Padding = Type.Integer({ minimum: 1, description: 'Pixels on each side. Default: 4.' });
const Degrees = Type.Number({ exclusiveMinimum: 0, maximum: 180, description: 'At most, either way. Default: 15.' });

const StepOptions = Type.Union([
  Member('Padded with the lowest value on all sides, and cut back at a random place.', {
    kind: kind('crop'),
    padding: Type.Optional(Padding),
  }),
  Member('Mirrored left to right.', {
    kind: kind('flip'),
    probability: Type.Optional(Part('Of each image. Default: 0.5.')),
  }),
  Member('Turned by a random angle around the middle, bilinear; what turns in has the lowest value.', {
    kind: kind('rotation'),
    degrees: Type.Optional(Degrees),
  }),
  Member('Gaussian noise on every value that can change.', {
    kind: kind('noise'),
    std: Type.Number({ exclusiveMinimum: 0, description: 'In the units of the data.' }),
  }),
  Member('A square at a random place is set to the mean of the domain (DeVries & Taylor 2017, arXiv:1708.04552).', {
    kind: kind('cutout'),
    size: Type.Integer({ minimum: 1, description: 'Its side in pixels; it may hang over the edge.' }),
  }),
  Member('Pairs of samples and of their labels are mixed (Zhang et al. 2018, arXiv:1710.09412).', {
    kind: kind('mixup'),
    alpha: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, description: 'Of the Beta distribution of the share. Default: 0.2.' }),
    ),
  }),
  Member('Chains of simple operations, mixed (Hendrycks et al. 2020, arXiv:1912.02781, without the JSD loss).', {
    kind: kind('augmix'),
    width: Type.Optional(Type.Integer({ minimum: 1, description: 'Chains. Default: 3.' })),
    depth: Type.Optional(
      Type.Integer({ minimum: -1, description: 'Operations of each chain. Default: -1, which is 1 to 3 at random.' }),
    ),
    severity: Type.Optional(Type.Number({ minimum: 1, maximum: 10, description: 'Default: 3.' })),
    alpha: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, description: 'Of the Beta and Dirichlet distributions. Default: 1.' }),
    ),
  }),
]);

type StepOptions = Static<typeof StepOptions>;
type Complete<T> = T extends unknown ? Required<T> : never;

/** One change of clean training inputs, made anew in each epoch. Sides and shifts are in pixels. */
export type AugmentationStep = Complete<StepOptions>;

/** Steps with what a recipe leaves out. */
export function completeSteps(steps: readonly StepOptions[]): AugmentationStep[] {
  // A step's own options come last, and `USUAL` has what its kind leaves out.
  return steps.map((step) => ({ ...USUAL[step.kind], ...step }) as AugmentationStep);
}

const OptimizerOptions = Type.Object(
  {
    kind: Enum(['sgd', 'adam', 'adamw'], 'As PyTorch has them.', 'sgd'),
    momentum: Part('Of SGD.', 0.9),
    nesterov: Type.Boolean({ default: false, description: 'Of SGD.' }),
    weightDecay: Type.Number({ minimum: 0, default: 0.0005, description: 'Of every weight.' }),
  },
  { ...closed, default: {} },
);

const ScheduleOptions = Type.Object(
  {
    kind: Enum(
      ['constant', 'cyclic', 'cosine', 'steps'],
      'cyclic: up to the rate and back to 0 in one cycle. cosine: half a cosine to 0. steps: a tenth after half and again after three quarters of the epochs.',
      'cosine',
    ),
    rate: Type.Number({ exclusiveMinimum: 0, default: 0.02, description: 'The highest.' }),
    warmUp: Type.Optional(Part('Of all steps: those in which the rate rises. Default: none; cyclic 0.4.')),
  },
  { ...closed, default: {} },
);

/** How a model is trained: everything that decides its weights, beside the model, the data and the seed. */
export const Recipe = Type.Object(
  {
    method: Enum(
      METHODS,
      'standard: clean inputs. pgd: Madry et al. 2018. trades: Zhang et al. 2019. mart: Wang et al. 2020. fast: one signed step ' +
        'from a random start (Wong et al. 2020). free: each batch several times in a row, its change kept (Shafahi et al. 2019).',
      'pgd',
    ),
    norm: Enum(['Linf', 'L2', 'L1'], 'Of the change that training withstands.', 'Linf'),
    epsilon: Type.Number({ exclusiveMinimum: 0, description: 'The largest change, in the units of the data.' }),
    steps: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Of the inner maximization. Default: 7; trades, mart 10; fast 1.' }),
    ),
    relativeStepSize: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description: 'Of the inner maximization, in epsilons. Default: 2.5 / steps; fast 1.25; free 1.',
      }),
    ),
    beta: Type.Number({ minimum: 0, default: 6, description: 'trades and mart: the weight of robustness.' }),
    replays: Type.Integer({ minimum: 1, default: 4, description: 'free: how often each batch is used in a row.' }),
    epochs: Type.Integer({
      minimum: 1,
      default: 10,
      description: 'Passes over the training data; free: replays count.',
    }),
    batchSize: Type.Integer({ minimum: 1, default: 64, description: 'Samples in one descent step.' }),
    optimizer: OptimizerOptions,
    learningRate: ScheduleOptions,
    labelSmoothing: Type.Number({
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0,
      description: 'The part of each label that is spread evenly over all (Szegedy et al. 2016).',
    }),
    dropout: Type.Boolean({ default: true, description: 'Whether the dropout layers of the model drop.' }),
    gradientPenalty: Type.Number({
      minimum: 0,
      default: 0,
      description:
        'The weight of the squared slope of the loss along its input gradient (Finlay & Oberman 2019, arXiv:1905.11468). Not for trades and mart.',
    }),
    weightPerturbation: Type.Number({
      minimum: 0,
      default: 0,
      description:
        'Adversarial weight perturbation (Wu et al. 2020): relative to the norm of each weight, such as 0.005.',
    }),
    averaging: Type.Object(
      {
        from: Part('The part of the epochs behind which the weights of epochs are averaged.', 0.5),
        on: Type.Boolean({ default: false }),
      },
      { ...closed, default: {}, description: 'Stochastic weight averaging (Izmailov et al. 2018).' },
    ),
    augmentation: Type.Array(StepOptions, { default: [], description: 'In this order.' }),
    oversampling: Type.Object(
      {
        classes: Type.Boolean({ default: false, description: 'Rare classes are drawn as often as the most frequent.' }),
        groups: Type.Array(Type.String({ minLength: 1 }), {
          default: [],
          description:
            'Categorical columns of the domain and groups of `data.train.groups`, whose rare values are drawn as often as the most frequent.',
        }),
      },
      { ...closed, default: {} },
    ),
    validation: Type.Object(
      {
        part: Part('Of the training data, stratified, that is held out: it decides which epoch is kept.', 0.1),
        steps: Type.Integer({ minimum: 1, default: 10, description: 'Of the PGD that measures robust accuracy.' }),
        samples: Type.Integer({ minimum: 1, default: 1000, description: 'Held out at most.' }),
      },
      { ...closed, default: {} },
    ),
    patience: Type.Integer({
      minimum: 0,
      default: 0,
      description: 'Epochs without a better robust validation accuracy after which training stops. 0: never.',
    }),
    largestGradient: Type.Number({
      exclusiveMinimum: 0,
      default: 1e4,
      description: 'The norm of the gradient of all weights beyond which it is said to explode.',
    }),
  },
  closed,
);

export type Recipe = Static<typeof Recipe>;
