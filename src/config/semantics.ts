import { kindProblems } from './black-box-problems.js';
import { nameOf, type Path, type Problem } from './place.js';
import { preprocessorProblems } from './preprocessing.js';
import type { DomainConfig } from './domain-schema.js';
import type { Config, TargetConfig } from './schema.js';
import { show } from './wording/show.js';

/** What is wrong with a config that fits its schema. */
export function contradictions(config: Config): readonly Problem[] {
  return [
    ...(config.target === undefined ? [] : [...targetProblems(config.target), ...domainProblems(config.target)]),
    ...kindProblems(config),
    ...preprocessorProblems(config.target?.preprocessor),
    ...seedProblems(config.seed),
    ...repeats(['plugins'], config.plugins ?? []),
    ...pathsOf(config)
      .filter(({ value }) => value.includes('\0'))
      .map(({ path }) => problem(path, 'is not a path: it holds the character NUL')),
  ];
}

/** Every path to a file that a config names, but for those of modules. */
export function pathsOf(config: Config): readonly { readonly path: Path; readonly value: string }[] {
  const { target, data = {}, policy, baseline, out } = config;
  const paths: readonly (readonly [Path, unknown])[] = [
    [['target', 'file'], target?.file],
    [['target', 'module'], target?.module],
    [['target', 'ca'], target?.ca],
    [['target', 'preprocessor', 'module'], target?.preprocessor?.module],
    [['target', 'labels'], target?.labels],
    [['target', 'domain', 'tokenizer'], target?.domain.tokenizer],
    [['data', 'test', 'inputs'], data.test?.inputs],
    [['data', 'test', 'labels'], data.test?.labels],
    [['data', 'test', 'groups'], data.test?.groups],
    [['data', 'train', 'inputs'], data.train?.inputs],
    [['data', 'train', 'labels'], data.train?.labels],
    [['data', 'train', 'groups'], data.train?.groups],
    [['data', 'table', 'file'], data.table?.file],
    [['data', 'population', 'file'], data.population?.file],
    [['data', 'groups'], data.groups],
    [['policy'], policy],
    [['baseline'], baseline],
    [['out'], out],
  ];
  return paths.flatMap(([path, value]) => (typeof value === 'string' ? [{ path, value }] : []));
}

function targetProblems(target: TargetConfig): readonly Problem[] {
  const path: Path = ['target', 'tolerance'];
  const regression = target.head === 'regression';
  const problems: Problem[] = [];
  if (regression && target.tolerance === undefined) {
    problems.push(
      problem(path, 'is missing, and the head "regression" needs it: how far a right prediction may be from the truth'),
    );
  }
  if (!regression && target.tolerance !== undefined) {
    problems.push(
      problem(
        path,
        `is ${target.tolerance}, and only the head "regression" has one; \`target.head\` is ${show(target.head)}`,
      ),
    );
  }
  return [...problems, ...(Array.isArray(target.labels) ? repeats(['target', 'labels'], target.labels) : [])];
}

/** Members that only texts have, and those that texts have not. */
const OF_TEXTS = ['tokenizer', 'length'] as const;
const OF_NUMBERS = ['layout', 'range', 'mean', 'std', 'columns', 'relations', 'units'] as const;

function domainProblems({ domain, file, preprocessor }: TargetConfig): readonly Problem[] {
  if (domain.kind === 'text') {
    return [
      ...(file === undefined
        ? [problem(['target', 'domain', 'kind'], 'is "text", and only a model file takes texts')]
        : []),
      ...(preprocessor === undefined ? [] : [problem(['target', 'preprocessor'], 'is given, and texts pass none')]),
      ...strangeMembers(domain, OF_NUMBERS, 'texts have none'),
    ];
  }
  return [
    ...strangeMembers(domain, OF_TEXTS, 'only texts have one'),
    ...layoutProblems(domain),
    ...rangeProblems(domain),
    ...normalizationProblems(domain),
  ];
}

function strangeMembers(domain: DomainConfig, keys: readonly (keyof DomainConfig)[], why: string): readonly Problem[] {
  return keys
    .filter((key) => domain[key] !== undefined)
    .map((key) =>
      problem(
        ['target', 'domain', key],
        `is ${show(domain[key])}, and ${why}; \`target.domain.kind\` is ${show(domain.kind)}`,
      ),
    );
}

function layoutProblems({ kind, layout }: DomainConfig): readonly Problem[] {
  const path: Path = ['target', 'domain', 'layout'];
  if (kind === 'image' && layout === undefined) {
    return [problem(path, 'is missing, and images need it: "NCHW" or "NHWC"')];
  }
  if (kind === 'tabular' && typeof layout === 'string') {
    return [problem(path, `is ${show(layout)}, and only images have one; \`target.domain.kind\` is "tabular"`)];
  }
  return [];
}

function rangeProblems({ range, columns }: DomainConfig): readonly Problem[] {
  const path: Path = ['target', 'domain', 'range'];
  if (range === undefined) return columns === undefined ? [problem(path, 'is missing')] : [];
  if (range === null || range[0] < range[1]) return [];
  return [problem(path, `is ${show(range)}, and must begin with the lower of two different values`)];
}

function normalizationProblems({ mean, std }: DomainConfig): readonly Problem[] {
  const hasMean = mean !== undefined;
  const hasStd = std !== undefined;
  if (hasMean !== hasStd) {
    const [missing, present] = hasMean ? ['std', 'mean'] : ['mean', 'std'];
    const path: Path = ['target', 'domain', missing];
    return [
      problem(
        path,
        `is missing, and \`target.domain.${present}\` is given: give both, or neither where the model does not normalize`,
      ),
    ];
  }
  if (Array.isArray(mean) && Array.isArray(std) && mean.length !== std.length) {
    const path: Path = ['target', 'domain', 'std'];
    return [
      problem(
        path,
        `has ${count(std.length)}, and \`target.domain.mean\` has ${mean.length}: one a channel is needed in both`,
      ),
    ];
  }
  return [];
}

function seedProblems(seed: Config['seed']): readonly Problem[] {
  if (typeof seed !== 'number' || Number.isSafeInteger(seed)) return [];
  return [
    problem(
      ['seed'],
      `is ${seed}, and whole numbers are exact only up to ${Number.MAX_SAFE_INTEGER}: write it as a text`,
    ),
  ];
}

function repeats(list: Path, values: readonly string[]): readonly Problem[] {
  const first = new Map<string, number>();
  return values.flatMap((value, index) => {
    const before = first.get(value);
    if (before === undefined) {
      first.set(value, index);
      return [];
    }
    return [problem([...list, index], `is ${show(value)}, which ${nameOf([...list, before])} is already`)];
  });
}

function problem(path: Path, predicate: string): Problem {
  return { path, what: `${nameOf(path)} ${predicate}` };
}

function count(values: number): string {
  return values === 1 ? '1 value' : `${values} values`;
}
