/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';

// What `src/engine/onnx/devices/runtime.ts` and `src/engine/tfjs/native/load.ts` set does not leave jest's copy of the environment.
process.env['ORT_DISABLE_TELEMETRY'] = '1';
process.env['TF_CPP_MIN_LOG_LEVEL'] = '3';

const compiled = (syntax: 'typescript' | 'ecmascript'): [string, unknown] => [
  '@swc/jest',
  { jsc: { parser: { syntax }, target: 'es2022' }, module: { type: 'commonjs' } },
];

/** log-update and what it imports are ES modules only. */
const ES_MODULES = [
  '@jsquash/(jpeg|webp)',
  '@huggingface/tokenizers',
  // Gradients, which its bundle for Node leaves out.
  '@tensorflow/tfjs-core/dist(?!/tf-core)',
  'h5wasm',
  'hyparquet',
  'log-update',
  'p-queue',
  'p-retry',
  'p-timeout',
  'is-network-error',
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

/** Looked up in a test's own context, a global takes longer than a sine; these are handed to every module. */
const sandboxInjectedGlobals = [
  ...['Array', 'ArrayBuffer', 'BigInt', 'Buffer', 'DataView', 'Map', 'Math', 'Number', 'Object', 'Set', 'String'],
  ...['Float32Array', 'Float64Array', 'Int32Array', 'Uint8Array'],
];

const shared = {
  sandboxInjectedGlobals: sandboxInjectedGlobals as (keyof typeof globalThis)[],
  testEnvironment: '<rootDir>/src/jest/jest-environment.cjs',
  testEnvironmentOptions: { customExportConditions: ['assay-source', 'require', 'node', 'node-addons'] },
  transform: {
    '/(@jsquash|h5wasm)/.+\\.js$': '<rootDir>/test/emscripten-transform.cjs',
    '^.+\\.ts$': compiled('typescript'),
    '^.+\\.js$': compiled('ecmascript'),
  },
  transformIgnorePatterns: [`/node_modules/(?!(${ES_MODULES})/)`],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    // It has an entry for imports alone.
    '^h5wasm$': '<rootDir>/node_modules/h5wasm/dist/esm/hdf5_hl.js',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist[^/]*/'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/docs/'],
} satisfies Config;

const OWN_CACHE = { setupFilesAfterEnv: ['<rootDir>/test/own-cache.ts'] };

const config: Config = {
  projects: [
    { ...shared, ...OWN_CACHE, displayName: 'unit', testMatch: ['**/*.test.ts'] },
    { ...shared, ...OWN_CACHE, displayName: 'e2e', testMatch: ['**/*.e2e.ts'] },
    { ...shared, displayName: 'deep', testMatch: ['**/*.deep.ts'] },
  ],
  testTimeout: 120_000,
  testSequencer: '<rootDir>/test/long-first.cjs',
  // jest leaves one core free, which on two cores is half of them.
  maxWorkers: '100%',
};

export default config;
