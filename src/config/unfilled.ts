import { nameOf, type Path, type Problem } from './place.js';

/** The fields that `assay init` leaves null where it does not know them, and what to fill in. */
const FIELDS: readonly (readonly [path: Path, fill: string])[] = [
  [['target', 'head'], 'what the outputs mean, one of "classes", "binary", "multi-label" or "regression"'],
  [['target', 'output'], 'the name of the output to audit'],
  [['target', 'tolerance'], 'how far a prediction may be from the truth and still be right, in the units of the truth'],
  [['target', 'domain', 'kind'], '"image", "tabular" or "text"'],
  [['target', 'domain', 'tokenizer'], 'the tokenizer.json that the model was trained with'],
  [['target', 'domain', 'length'], 'how many tokens of a text the model is given, special ones included, such as 128'],
  [['target', 'domain', 'layout'], 'the order of the model input, "NCHW" or "NHWC"'],
  [
    ['target', 'domain', 'mean'],
    'the mean of each channel that inputs are normalized by, in the units of `range`, or remove `mean` and `std`',
  ],
  [
    ['target', 'domain', 'std'],
    'the standard deviation of each channel that inputs are normalized by, in the units of `range`, or remove `mean` and `std`',
  ],
  [['data', 'test', 'inputs'], 'the file with the test inputs, such as x_test.npy'],
  [['data', 'test', 'labels'], 'the file with the labels of the test inputs, such as y_test.npy'],
];
const RANGE: Path = ['target', 'domain', 'range'];

/** One problem for each field that waits to be filled in. Looks at the file as it was read, before any other check. */
export function unfilled(config: unknown): readonly Problem[] {
  const fields = [...FIELDS, [RANGE, rangeToFill(config)] as const].map(([path, fill]) => ({ path, fill }));
  const epsilons = pathsOfEpsilons(config).map((path) => ({
    path,
    fill: 'how far one value of an input may be changed, in the units of `target.domain.range`',
  }));
  return [...fields, ...epsilons]
    .filter(({ path }) => at(config, path) === null)
    .map(({ path, fill }) => ({ path, what: `${nameOf(path)} is null: fill in ${fill}; Assay never guesses it` }));
}

function rangeToFill(config: unknown): string {
  return at(config, ['target', 'domain', 'kind']) === 'tabular'
    ? "the lowest and highest value that the model's features have, such as [0, 1]"
    : "the lowest and highest pixel value that the model's users have, such as [0, 1]";
}

function pathsOfEpsilons(config: unknown): readonly Path[] {
  const audits = at(config, ['audits']);
  if (typeof audits !== 'object' || audits === null) return [];
  return Object.entries(audits).flatMap(([audit, options]) =>
    Array.isArray(options)
      ? options.map((_, index) => ['audits', audit, index, 'epsilons'])
      : [['audits', audit, 'epsilons']],
  );
}

/** The value at a path; undefined where the way ends early. */
function at(value: unknown, path: Path): unknown {
  let here = value;
  for (const segment of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, segment)) return undefined;
    here = Reflect.get(here, segment);
  }
  return here;
}
