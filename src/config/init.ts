import { AssayError } from '#base/errors';
import type { Json } from '#base/json';
import { factsOfPreprocessor, type Known, type KnownValue } from './preprocessor.js';
import type { TargetConfig } from './schema.js';
import { NO_ATTACKS, textDomainEntries, textTestEntries, type TextFacts } from './init-texts.js';
import { commented, type Entry } from './wording/commented.js';
import { alternatives, show } from './wording/show.js';

/** An input or output of a model, as its file declares it. A dimension may be a number, a name or unknown. */
export interface Declared {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string | null)[];
}

/** What can be read from the files beside a model without running it. */
export interface InitFacts {
  /** As the config shall name it: relative to the config. */
  readonly modelFile: string;
  readonly inputs: readonly Declared[];
  readonly outputs: readonly Declared[];
  /** Parsed `preprocessor_config.json` beside the model, or null. */
  readonly preprocessor: Json;
  /** A file with one label a line, relative to the config. */
  readonly labelsFile?: string;
  /** What a folder of Hugging Face says in its `config.json`. */
  readonly labels?: KnownValue<readonly string[]>;
  readonly head?: KnownValue<TargetConfig['head']>;
  /** Of a model that takes texts. */
  readonly texts?: TextFacts;
}

/** What the user said on the command line; it goes before what files say. */
export interface InitFlags {
  readonly layout?: 'NCHW' | 'NHWC';
  readonly range?: readonly [number, number];
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly head?: TargetConfig['head'];
  /** The files with the test inputs and their labels, relative to the config. */
  readonly inputs?: string;
  readonly labels?: string;
}

const LISTED = '`assay list` names all audits, `assay show` their options.';

/** The usual budget on pictures, as a part of the range: 8 of 255 grey levels (Madry et al. 2018, arXiv:1706.06083). */
const USUAL_LEVELS = 8;

/**
 * A commented config for a model file. What neither a flag nor a file says is null, with a comment that says how to
 * find it; `loadConfig` refuses it until it is filled in.
 *
 * Throws an AssayError of code `model` where the model does not have exactly one input, and takes no texts.
 */
export function initialConfig(facts: InitFacts, flags: InitFlags): string {
  const texts = facts.texts ?? null;
  const inputs = texts === null ? facts.inputs : facts.inputs.filter(({ name }) => name === texts.input);
  const [input, ...others] = inputs;
  if (input === undefined || others.length > 0) {
    throw new AssayError('model', {
      where: facts.modelFile,
      what: `the model has ${facts.inputs.length} inputs, and Assay audits models with one`,
    });
  }
  return commented([
    { key: '$schema', value: './node_modules/assay/schema/config.json' },
    { key: 'target', members: targetEntries(facts, flags, input) },
    { key: 'data', members: [{ key: 'test', members: texts === null ? testEntries(flags) : textTestEntries(flags) }] },
    { key: 'seed', value: 0, comments: ['Equal seeds give equal reports.'] },
    {
      key: 'audits',
      members: texts === null ? auditEntries(facts, flags, input) : [],
      comments: [LISTED, ...(texts === null ? [] : [NO_ATTACKS])],
    },
    { key: 'policy', value: 'assay.policy.json' },
    { key: 'out', value: 'assay-runs' },
  ]);
}

/** A commented policy: the preset, and how to set bars and waivers of one's own. */
export function initialPolicy(): string {
  return commented([
    { key: '$schema', value: './node_modules/assay/schema/policy.json' },
    {
      key: 'preset',
      value: 'baseline',
      comments: ['The bars of audits that this file does not name: "baseline", "strict" or "high-risk".'],
    },
    {
      key: 'minimumSamples',
      value: 100,
      comments: ['A number from fewer samples is inconclusive, and the gate does not pass.'],
    },
    {
      key: 'audits',
      value: {},
      comments: [
        'Bars of your own by audit; an audit that is named here has to run. For example:',
        '"evasion/pgd": { "robustAccuracy": { "epsilon": 0.1, "atLeast": 0.6 } }',
      ],
    },
    {
      key: 'waivers',
      value: [],
      comments: [
        'Verdicts that may be other than pass, until a day. For example:',
        '{ "audit": "evasion/pgd", "reason": "retrained in March", "owner": "Ada", "expires": "2027-03-31" }',
      ],
    },
  ]);
}

function targetEntries(facts: InitFacts, flags: InitFlags, input: Declared): readonly Entry[] {
  const { outputs } = facts;
  return [
    { key: 'file', value: facts.modelFile },
    ...(outputs.length > 1
      ? [
          {
            key: 'output',
            value: null,
            comments: [`To fill in: which output to audit, ${alternatives(outputs.map(({ name }) => show(name)))}.`],
          },
        ]
      : []),
    headEntry(facts, flags),
    ...((flags.head ?? facts.head?.value) === 'regression'
      ? [
          {
            key: 'tolerance',
            value: null,
            comments: ['To fill in: how far from the truth a right prediction may be, in its units.'],
          },
        ]
      : []),
    ...(facts.labelsFile === undefined ? [] : [{ key: 'labels', value: facts.labelsFile }]),
    ...(facts.labels === undefined || facts.labelsFile !== undefined
      ? []
      : [{ key: 'labels', value: facts.labels.value, comments: [facts.labels.comment] }]),
    {
      key: 'domain',
      members:
        facts.texts === undefined
          ? domainEntries(facts, flags, input)
          : textDomainEntries(facts.texts, `Input ${describe(input)}.`),
    },
  ];
}

function headEntry({ outputs, head: known }: InitFacts, { head }: InitFlags): Entry {
  const declared = outputs.map((output) => `Output ${describe(output)}.`);
  if (head !== undefined) return { key: 'head', value: head, comments: declared };
  if (known !== undefined) return { key: 'head', value: known.value, comments: [...declared, known.comment] };
  return {
    key: 'head',
    value: null,
    comments: [
      ...declared,
      'To fill in: "classes" (one score a class, one class is right), "binary" (one score for yes or no), "multi-label" ' +
        '(one yes or no a label) or "regression" (values). Whoever trained the model knows: its loss was softmax ' +
        'cross-entropy, binary cross-entropy, the same summed over labels, or a squared or absolute error.',
    ],
  };
}

function domainEntries(facts: InitFacts, flags: InitFlags, input: Declared): readonly Entry[] {
  const kind = kindOf(input);
  const known = factsOfPreprocessor(facts.preprocessor);
  return [
    {
      key: 'kind',
      value: kind,
      comments: [`Input ${describe(input)}.`, ...(kind === null ? ['To fill in: "image" or "tabular".'] : [])],
    },
    ...(kind === 'tabular' ? [] : [layoutEntry(flags, known)]),
    rangeEntry(flags, known, kind),
    ...normalizationEntries(flags, known),
  ];
}

/** Only from the number of dimensions: a batch of pictures has four, a batch of rows two. */
function kindOf(input: Declared): 'image' | 'tabular' | null {
  if (input.shape.length === 4) return 'image';
  return input.shape.length === 2 ? 'tabular' : null;
}

function layoutEntry(flags: InitFlags, known: Known): Entry {
  return field('layout', flags.layout, known.layout, [
    'To fill in: "NCHW" (batch, channels, height, width) or "NHWC" (channels last). The axis of the input that has 1 or 3 ' +
      'entries is the channels; exports of PyTorch have them first as a rule, exports of Keras last.',
  ]);
}

function rangeEntry(flags: InitFlags, known: Known, kind: string | null): Entry {
  return field('range', flags.range, known.range, [
    kind === 'tabular'
      ? 'To fill in: the lowest and highest value that the features have, before the normalization below.'
      : 'To fill in: the lowest and highest value of a pixel, before the normalization below: [0, 1] or [0, 255], as the ' +
        'code that prepares pictures for the model has it (ToTensor of torchvision gives [0, 1]).',
  ]);
}

function normalizationEntries(flags: InitFlags, known: Known): readonly Entry[] {
  if (known.normalizes === false && flags.mean === undefined && flags.std === undefined) {
    return [{ comments: [`No mean and std: ${known.source} says do_normalize: false.`] }];
  }
  return [
    field('mean', flags.mean, known.mean, [
      'To fill in: the model receives (x - mean) / std, one value a channel in the units of the range. Look for Normalize ' +
        'in the code that prepares inputs. Remove both fields where there is none, or where the model file does it itself.',
    ]),
    field('std', flags.std, known.std, ['To fill in, or to remove: see above.']),
  ];
}

/** From a flag, else from a file that is named in a comment, else null with the comment that says how to find it. */
function field<T extends Json>(
  key: string,
  flag: T | undefined,
  known: KnownValue<T> | undefined,
  toFill: readonly string[],
): Entry {
  if (flag !== undefined) return { key, value: flag };
  if (known !== undefined) return { key, value: known.value, comments: [known.comment] };
  return { key, value: null, comments: toFill };
}

function testEntries(flags: InitFlags): readonly Entry[] {
  return [
    field('inputs', flags.inputs, undefined, [
      'To fill in: inputs that the model never saw, as NPY, NPZ (data.npz#x_test) or IDX, in the units of the range.',
    ]),
    field('labels', flags.labels, undefined, ['To fill in: the truth of each input, in the same formats.']),
    { key: 'sample', value: 500, comments: ['How many to draw; remove this line to use all.'] },
  ];
}

function auditEntries(facts: InitFacts, flags: InitFlags, input: Declared): readonly Entry[] {
  const { comments, epsilons } = usualEpsilon(facts, flags, input);
  return [
    { comments },
    ...['evasion/noise', 'evasion/fgsm', 'evasion/pgd'].map((key) => ({ key, value: { epsilons } })),
  ];
}

function usualEpsilon(
  facts: InitFacts,
  flags: InitFlags,
  input: Declared,
): { readonly comments: readonly string[]; readonly epsilons: Json } {
  const range = flags.range ?? factsOfPreprocessor(facts.preprocessor).range?.value;
  if (range === undefined || kindOf(input) !== 'image') {
    return {
      comments: [
        'To fill in: how far an attacker may change each value of an input, in the units of the range. On pictures 8/255 ' +
          'of the range is usual, 0.03 for [0, 1]; elsewhere ask what change of a feature nobody would notice.',
      ],
      epsilons: null,
    };
  }
  return {
    comments: ['How far an attacker may change each pixel: 8/255 of the range is usual; choose what your users face.'],
    epsilons: [(USUAL_LEVELS * (range[1] - range[0])) / 255],
  };
}

function describe(declared: Declared): string {
  const shape = declared.shape.map((dimension) =>
    typeof dimension === 'string' ? show(dimension) : (dimension ?? '?'),
  );
  return `${show(declared.name)}: ${show(declared.type).slice(1, -1)} [${shape.join(', ')}]`;
}
