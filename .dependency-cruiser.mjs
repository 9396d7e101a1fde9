// Which room may import which (design, "Rooms"): a room imports what stands below it, never what stands above.

/** From the top down; rooms on one line may import each other. */
const LAYERS = [
  ['src/cli/', 'src/jest/', 'src/testing/', 'src/api/', 'src/index.ts'],
  ['src/pipeline/', 'src/builtin.ts'],
  ['src/plugin/'],
  ['src/target/', 'src/data/', 'src/config/', 'src/report/'],
  ['src/engine/'],
  ['src/stats/'],
  ['src/base/'],
];

const TESTS = '\\.(test|e2e|deep)\\.ts$';
const FAMILIES = '^(attacks|defenses|probes)/';

const anyOf = (paths) => `^(${paths.map((path) => path.replace('.', '\\.')).join('|')})`;

const upward = LAYERS.slice(1).map((layer, i) => ({
  name: `not-up-from-${layer.map((path) => path.replace(/^src\/|\/$|\.ts$/g, '')).join('-')}`,
  comment:
    'Imports go one way: cli, jest -> pipeline -> plugin -> target, data, config, report -> engine -> stats -> base.',
  severity: 'error',
  from: { path: anyOf(layer), pathNot: TESTS },
  to: { path: anyOf(LAYERS.slice(0, i + 1).flat()) },
}));

export default {
  forbidden: [
    ...upward,
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'families-only-below',
      comment: 'Attacks, defenses and probes know plugins, targets, data, statistics and the index of the engine.',
      severity: 'error',
      from: { path: FAMILIES, pathNot: TESTS },
      to: {
        path: '^(src|reports)/',
        pathNot: '^src/(plugin|target|data|stats|base)/|^src/engine/index\\.ts$|^src/report/(report|details)\\.ts$',
      },
    },
    {
      name: 'families-not-into-each-other',
      comment: 'One family reaches another through its index, never its insides.',
      severity: 'error',
      from: { path: '^(attacks|defenses|probes)/([^/]+)/', pathNot: TESTS },
      to: { path: FAMILIES, pathNot: '^$1/$2/|/index\\.ts$' },
    },
    {
      name: 'reports-only-the-report',
      severity: 'error',
      from: { path: '^reports/', pathNot: TESTS },
      to: { path: '^(src|attacks|defenses|probes)/', pathNot: '^src/(plugin|report|base)/' },
    },
    {
      name: 'src-not-into-families',
      comment: 'Only src/builtin.ts gathers the built-in plugins, and only the entries export them by name.',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(builtin|index)\\.ts$|^src/(jest|cli|api)/|${TESTS}` },
      to: { path: '^(attacks|defenses|probes|reports)/' },
    },
    {
      name: 'builtin-only-from-entries',
      severity: 'error',
      from: {
        pathNot: `^src/(cli|jest|api)/|^src/index\\.ts$|^src/pipeline/worker[^/]*\\.ts$|^(scripts|bench|test|fixtures)/|${TESTS}`,
      },
      to: { path: '^src/builtin\\.ts$' },
    },
    {
      name: 'engine-by-its-index',
      severity: 'error',
      from: { pathNot: `^src/engine/|^(bench|fixtures|test)/|${TESTS}` },
      to: { path: '^src/engine/', pathNot: '^src/engine/index\\.ts$' },
    },
    {
      name: 'native-library-only-in-the-engine',
      severity: 'error',
      from: { pathNot: `^src/(engine|cli)/|^(bench|fixtures)/|${TESTS}` },
      to: { path: 'node_modules/onnxruntime-(node|common)' },
    },
    {
      name: 'nothing-from-development',
      comment:
        'What ships imports only what is installed with it; the environment is asked for by jest, which brings its base.',
      severity: 'error',
      from: { path: '^(src|attacks|defenses|probes|reports)/', pathNot: `${TESTS}|^src/jest/jest-environment\\.cjs$` },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      conditionNames: ['assay-source', 'import', 'node', 'types', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
