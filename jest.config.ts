/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';

// What `src/engine/onnx/devices/runtime.ts` sets does not leave jest's copy of the environment.
process.env['ORT_DISABLE_TELEMETRY'] = '1';

const compiled = (syntax: 'typescript' | 'ecmascript'): [string, unknown] => [
  '@swc/jest',
  { jsc: { parser: { syntax }, target: 'es2022' }, module: { type: 'commonjs' } },
];

/** log-update and what it imports are ES modules only. */
const ES_MODULES = [
  'log-update',
  'ansi-(escapes|regex|styles)',
  'cli-cursor',
  'environment',
  'get-east-asian-width',
  'is-fullwidth-code-point',
  'mimic-function',
  'onetime',
  'restore-cursor',
  'slice-ansi',
  'string-width',
  'strip-ansi',
  'wrap-ansi',
].join('|');

const shared = {
  testEnvironment: '<rootDir>/src/jest/jest-environment.cjs',
  testEnvironmentOptions: { customExportConditions: ['assay-source', 'require', 'node', 'node-addons'] },
  transform: { '^.+\\.ts$': compiled('typescript'), '^.+\\.js$': compiled('ecmascript') },
  transformIgnorePatterns: [`/node_modules/(?!(${ES_MODULES})/)`],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/dist[^/]*/'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/docs/'],
} satisfies Config;

const config: Config = {
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['**/*.test.ts'] },
    { ...shared, displayName: 'e2e', testMatch: ['**/*.e2e.ts'] },
    { ...shared, displayName: 'deep', testMatch: ['**/*.deep.ts'] },
  ],
  testTimeout: 120_000,
  // jest leaves one core free, which on two cores is half of them.
  maxWorkers: '100%',
};

export default config;
