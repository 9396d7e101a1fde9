import { nameOf, type Path, type Problem } from './place.js';
import { blackBox } from './black-box.js';
import type { Config, TargetConfig } from './schema.js';
import { alternatives, show } from './wording/show.js';

const KINDS = ['file', 'url', 'module'] as const;
type Kind = (typeof KINDS)[number];

/** What a reader calls a target by what names it. */
const WORDS: Readonly<Record<Kind, string>> = { file: 'a model file', url: 'an endpoint', module: 'a module' };

/** Members that only an endpoint has; what is left of {@link blackBox} a module has as well. */
const OF_ENDPOINTS = ['request', 'response', 'token', 'ca', 'traffic'] as const;
const OF_ANSWERS = (Object.keys(blackBox) as (keyof typeof blackBox)[]).filter(
  (key) => key !== 'url' && key !== 'module' && !OF_ENDPOINTS.some((other) => other === key),
);

/** Members that only a model file has. */
const OF_FILES = ['output', 'preprocessor'] as const;

/** What is wrong with a target that is a file, an endpoint or a module, taken as a whole. */
export function kindProblems({ target, device }: Pick<Config, 'target' | 'device'>): readonly Problem[] {
  if (target === undefined) return [];
  const given = KINDS.filter((kind) => target[kind] !== undefined);
  const [kind, second] = given;
  if (kind === undefined) {
    return [
      problem(['target', 'file'], 'is missing, and nothing stands for it: give a model file, or `url` or `module`'),
    ];
  }
  if (second !== undefined) {
    const others = given.filter((other) => other !== second).map((other) => `\`target.${other}\``);
    return [
      problem(
        ['target', second],
        `is ${show(target[second])}, beside ${alternatives(others, 'and')}: a target is one of them`,
      ),
    ];
  }
  return [
    ...strangers(target, kind),
    ...(kind === 'file' ? [] : answersProblems(target, kind)),
    ...(kind === 'url' ? endpointProblems(target) : []),
    ...(kind === 'file' || device === undefined || device === 'auto' ? [] : [deviceProblem(device, kind)]),
  ];
}

/** Members that belong to targets of another kind. */
function strangers(target: TargetConfig, kind: Kind): readonly Problem[] {
  const foreign = {
    file: [...OF_ANSWERS, ...OF_ENDPOINTS],
    url: OF_FILES,
    module: [...OF_ENDPOINTS, ...OF_FILES],
  }[kind];
  return foreign
    .filter((key) => target[key] !== undefined)
    .map((key) => {
      const owner = OF_FILES.some((other) => other === key)
        ? WORDS.file
        : OF_ENDPOINTS.some((other) => other === key)
          ? WORDS.url
          : 'an endpoint or module';
      return problem(['target', key], `is for ${owner}, and \`target.${kind}\` names ${WORDS[kind]}`);
    });
}

function answersProblems(target: TargetConfig, kind: Kind): readonly Problem[] {
  const missing = [
    ['shape', 'the shape of one sample, such as [3, 224, 224]'],
    ['gives', '"logits", "probabilities", "values" or "labels"'],
  ] as const;
  return missing
    .filter(([key]) => target[key] === undefined)
    .map(([key, what]) => problem(['target', key], `is missing, and ${WORDS[kind]} needs it: ${what}`));
}

function endpointProblems({ url, token, request }: TargetConfig): readonly Problem[] {
  return [...urlProblems(url ?? '', token !== undefined), ...headerProblems(token, request?.headers ?? {})];
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

function urlProblems(text: string, hasToken: boolean): readonly Problem[] {
  const path: Path = ['target', 'url'];
  if (!URL.canParse(text)) return [problem(path, `is ${show(text)}, and no URL`)];
  const { protocol, username, password, hash, hostname } = new URL(text);
  // What stands in front of the @ is a secret, and is not shown.
  if (username !== '' || password !== '') return [problem(path, 'holds credentials: give them by `target.token`')];
  if (protocol !== 'https:' && protocol !== 'http:')
    return [problem(path, `is ${show(text)}, and must begin with https:// or http://`)];
  if (hash !== '') return [problem(path, 'has a part behind #, which no endpoint ever gets')];
  if (protocol === 'http:' && hasToken && !LOOPBACK.has(hostname)) {
    return [problem(path, 'begins with http://, and a token is only sent by https:// or to this machine')];
  }
  return [];
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;
/** Of the connection, not of the question. */
const OURS: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'accept-encoding',
]);
const SECRET: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie']);

function headerProblems(token: TargetConfig['token'], headers: Readonly<Record<string, string>>): readonly Problem[] {
  const names = Object.keys(headers).map((name) => ({ name, path: ['target', 'request', 'headers', name] as Path }));
  const own = token?.header === undefined ? [] : [{ name: token.header, path: ['target', 'token', 'header'] as Path }];
  return [
    ...[...names, ...own].flatMap(({ name, path }) => {
      if (!HEADER_NAME.test(name)) return [problem(path, 'is not the name of a header')];
      return OURS.has(name.toLowerCase()) ? [problem(path, 'is a header that Assay sets itself')] : [];
    }),
    ...names.flatMap(({ name, path }) => {
      if (SECRET.has(name.toLowerCase())) return [problem(path, 'is a secret: give it by `target.token`')];
      return HEADER_VALUE.test(headers[name] ?? '') ? [] : [problem(path, 'holds a character that no header may have')];
    }),
    ...(HEADER_VALUE.test(token?.scheme ?? '')
      ? []
      : [problem(['target', 'token', 'scheme'], 'holds a character that no header may have')]),
  ];
}

function deviceProblem(device: string, kind: Kind): Problem {
  const who = kind === 'url' ? 'an endpoint runs where it runs' : 'a module decides itself where it computes';
  return problem(['device'], `is ${show(device)}, and ${who}`);
}

function problem(path: Path, predicate: string): Problem {
  return { path, what: `${nameOf(path)} ${predicate}` };
}
