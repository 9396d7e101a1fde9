import { readFileSync } from 'node:fs';
import { packageFile } from '#base/package-root';
import { builtinPlugins } from '#builtin';
import { clauseLines, clauseMap, clauseName, namedClauses } from './clauses.js';

const map = clauseMap();
const frameworks = Object.entries(map.frameworks);
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What the ids of each framework begin with, in the framework's own order. */
const BEGINNINGS: Readonly<Record<string, readonly string[]>> = {
  'eu-ai-act': ['', 'Annex IV'],
  'nist-ai-rmf': ['GOVERN ', 'MAP ', 'MEASURE ', 'MANAGE '],
  'iso-42001': ['A.'],
  'owasp-ml': ['ML'],
  'mitre-atlas': ['AML.T', 'AML.M'],
};

/** The beginning's place, then the numbers and letters of the rest; numbers compare as numbers. */
function order(beginnings: readonly string[], id: string): readonly (number | string)[] {
  const place = beginnings.findLastIndex((beginning) => id.startsWith(beginning));
  const rest = id.slice(beginnings[place]?.length ?? 0);
  return [place, ...(rest.match(/\d+|[a-z]+/g) ?? []).map((part) => (/\d/.test(part) ? Number(part) : part))];
}

function isBefore(a: readonly (number | string)[], b: readonly (number | string)[]): boolean {
  const i = a.findIndex((part, at) => part !== b[at]);
  const [left, right] = i < 0 ? [undefined, b[a.length]] : [a[i], b[i]];
  if (left === undefined || right === undefined) return left === undefined && right !== undefined;
  // A letter after a number, as in 4a, comes before the paragraphs of a later article.
  if (typeof left !== typeof right) return typeof left === 'number';
  return left < right;
}

function isDay(day: string): boolean {
  return DAY.test(day) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

test('the map has the five frameworks, in the order in which reports list them', () => {
  expect(frameworks.map(([id]) => id)).toEqual(['eu-ai-act', 'nist-ai-rmf', 'iso-42001', 'owasp-ml', 'mitre-atlas']);
});

test('its day is a day, and not in the future', () => {
  expect(isDay(map.date)).toBe(true);
  expect(new Date(map.date).getTime()).toBeLessThanOrEqual(Date.now());
});

test('nobody can change it', () => {
  const everything = [map, map.frameworks, ...frameworks.flatMap(([, framework]) => [framework, framework.clauses])];
  expect(everything.filter((part) => !Object.isFrozen(part))).toEqual([]);
});

describe.each(frameworks)('%s', (id, framework) => {
  const ids = Object.keys(framework.clauses);

  test('says what it is, of which version and day, and where it is read', () => {
    const { title, short, version, published, source } = framework;
    for (const text of [title, short, version]) expect(text.trim()).not.toBe('');
    expect(source).toMatch(/^https:\/\//);
    expect(isDay(published)).toBe(true);
    expect(published <= map.date).toBe(true);
  });

  test('says of every clause what it is about, in one short line', () => {
    expect(ids.length).toBeGreaterThan(0);
    for (const about of Object.values(framework.clauses)) expect(about).toMatch(/^\S.{2,110}\S$/);
  });

  test('has its clauses once and in its own order', () => {
    const places = ids.map((clause) => order(BEGINNINGS[id] ?? [], clause));
    const wrong = ids.filter((_, i) => i > 0 && !isBefore(places[i - 1] ?? [], places[i] ?? []));
    expect(wrong).toEqual([]);
  });

  test('has no id that an object would sort to its front', () => {
    expect(ids.filter((clause) => /^\d+$/.test(clause))).toEqual([]);
  });
});

test('two clauses with one id would be one in JSON: the file has as many lines with an id as the map has clauses', () => {
  const lines = readFileSync(packageFile('resources/clauses.json'), 'utf8')
    .split('\n')
    .filter((line) => /^ {8}"/.test(line));
  expect(lines).toHaveLength(frameworks.flatMap(([, { clauses }]) => Object.keys(clauses)).length);
});

test.each(builtinPlugins.map((plugin) => [plugin.id, plugin] as const))(
  'every clause that %s names is in the map',
  (_, plugin) => {
    const unknown = namedClauses(plugin.frameworks).flatMap(({ id, framework, clauses }) =>
      clauses.filter(({ about }) => framework === null || about === null).map((clause) => `${id} ${clause.id}`),
    );
    expect(unknown).toEqual([]);
  },
);

test('all of Annex IV is there, in nine points', () => {
  const points = Object.keys(map.frameworks['eu-ai-act']?.clauses ?? {}).filter((id) => id.startsWith('Annex IV'));
  expect([...new Set(points.map((id) => /\((\d)\)/.exec(id)?.[1]))]).toEqual('123456789'.split(''));
  expect(points).toHaveLength(8 + 8 + 7);
});

test('all subcategories of MEASURE are there', () => {
  const counts = Object.keys(map.frameworks['nist-ai-rmf']?.clauses ?? {})
    .filter((id) => id.startsWith('MEASURE'))
    .map((id) => id.split(/[ .]/)[1]);
  expect([1, 2, 3, 4].map((category) => counts.filter((found) => found === String(category)).length)).toEqual([
    3, 13, 3, 3,
  ]);
});

test('all 38 controls of Annex A and all ten risks are there', () => {
  expect(Object.keys(map.frameworks['iso-42001']?.clauses ?? {})).toHaveLength(38);
  expect(Object.keys(map.frameworks['owasp-ml']?.clauses ?? {})).toHaveLength(10);
});

test("frameworks come in the map's order, others' after them by name, and unknown ids stay", () => {
  const named = namedClauses({
    zebra: ['1'],
    'mitre-atlas': ['AML.T0015'],
    aardvark: ['2'],
    'eu-ai-act': ['15(5)', '999'],
  });
  expect(named.map(({ id }) => id)).toEqual(['eu-ai-act', 'mitre-atlas', 'aardvark', 'zebra']);
  expect(named[0]?.clauses.map(({ id, about }) => [id, about === null])).toEqual([
    ['15(5)', false],
    ['999', true],
  ]);
  expect(named[2]).toEqual({ id: 'aardvark', framework: null, clauses: [{ id: '2', about: null }] });
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''])(
  '%j is no framework and no clause',
  (name) => {
    const hostile = JSON.parse(`{${JSON.stringify(name)}: [${JSON.stringify(name)}]}`) as Record<string, string[]>;
    expect(namedClauses(hostile)).toEqual([{ id: name, framework: null, clauses: [{ id: name, about: null }] }]);
    expect(namedClauses({ 'eu-ai-act': [name] })[0]?.clauses).toEqual([{ id: name, about: null }]);
  },
);

test.each([
  ['eu-ai-act', '15(5)', 'Article 15(5)'],
  ['eu-ai-act', '4a(1)(b)', 'Article 4a(1)(b)'],
  ['eu-ai-act', 'Annex IV(2)(g)', 'Annex IV(2)(g)'],
  ['owasp-ml', 'ML01', 'ML01'],
  ['of a plugin', '7', '7'],
])('a sentence that cites %s, %s says %s', (framework, id, name) => {
  expect(clauseName(map.frameworks[framework] ?? null, id)).toBe(name);
});

test('a framework is one line, and what the map does not know keeps its id', () => {
  expect(clauseLines({ own: ['a', 'b'], 'eu-ai-act': ['15(5)', '99(9)'] })).toEqual([
    expect.stringMatching(/^EU AI Act: Article 15\(5\) \(.+\); Article 99\(9\)$/),
    'own: a; b',
  ]);
});
