import { InvalidArgumentError, Option } from 'commander';

/** A parser of whole numbers for commander, whose messages name the option. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`It has to be a whole number of at least ${least}.`);
  };
}

/** Numbers with commas between them, such as `0,1` or `0.485,0.456,0.406`. */
export function numberList(text: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (values.every(Number.isFinite)) return values;
  throw new InvalidArgumentError('It has to be numbers with commas between them.');
}

/** Two of them. */
export function numberPair(text: string): [number, number] {
  const [low, high, ...others] = numberList(text);
  if (low !== undefined && high !== undefined && others.length === 0) return [low, high];
  throw new InvalidArgumentError('It has to be two numbers with a comma between them.');
}

/** Ids with commas between them; the option may be repeated. */
export function idList(text: string, before: readonly string[] = []): string[] {
  return [
    ...before,
    ...text
      .split(',')
      .map((id) => id.trim())
      .filter((id) => id !== ''),
  ];
}

function moduleList(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** A whole number stays a number: the seeds 7 and "7" are the same in every config. */
function seedOf(text: string): number | string {
  const value = Number(text);
  return /^-?\d+$/.test(text) && Number.isSafeInteger(value) ? value : text;
}

/** Options that several commands have in common. */
export const shared = {
  json: () => new Option('--json', 'print the result as JSON'),
  quiet: () => new Option('-q, --quiet', 'print no progress'),
  allowCode: () => new Option('--allow-code', 'let a JSON or YAML config name plugins, which are code'),
  baseline: () => new Option('--baseline <file>', 'the baseline to compare with, which `assay bless` wrote'),
  policy: () => new Option('--policy <file>', 'the policy to decide by'),
  only: () => new Option('--only <ids>', 'run these plugins only, such as evasion/pgd,evasion/fgsm').argParser(idList),
  sample: () => new Option('--sample <n>', 'draw this many test samples').argParser(wholeNumber(1)),
  seed: () => new Option('--seed <s>', 'the seed of every random stream').argParser(seedOf),
  device: () => new Option('--device <name>', 'where the model is executed').choices(['auto', 'cpu', 'webgpu', 'cuda']),
  plugin: () =>
    new Option('--plugin <module>', 'a module with plugins of others; may be repeated').argParser(moduleList),
  out: () => new Option('--out <dir>', 'where run folders are made'),
  batchSize: () =>
    new Option('--batch-size <n>', 'samples in one execution; changes no result').argParser(wholeNumber(1)),
  workers: () =>
    new Option('--workers <n>', 'cells that run side by side; changes no result').argParser(wholeNumber(1)),
} as const;

/** The same object without the keys that were not given: absent and undefined are different things to the pipeline. */
export function given<T extends object>(options: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}
