import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'dist*/',
      'schema/',
      'coverage/',
      'assay-runs/',
      '**/node_modules/',
      'fixtures/make/',
      'docs/examples/vitest-suite/',
    ],
  },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['warn', { max: 300 }],
      'no-console': 'error',
      // Numbers and paths in messages are what messages are for.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // A schema and the type of its values share one name.
      '@typescript-eslint/no-redeclare': 'off',
      // Overloads, generics of TypeBox and callbacks that ignore a result read worse without them.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Published constants stand with all their digits.
      'no-loss-of-precision': 'off',
      // Hostile text is what several parsers and their tests are about.
      'no-control-regex': 'off',
      // Says that a value is left out on purpose.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      // A literal beside `string` says which words have a meaning.
      '@typescript-eslint/no-redundant-type-constituents': 'off',
      // How the matchers of a library join those of jest.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['src/cli/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.test.ts', '**/*.e2e.ts', '**/*.deep.ts'],
    languageOptions: { globals: { describe: false, test: false, expect: false, jest: false } },
    rules: {
      'max-lines': 'off',
      // A skipped test says why.
      'no-console': 'off',
      // A test that asks for what is not there fails, as it should.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.js', '**/*.cjs'],
    languageOptions: {
      globals: { process: false, console: false, URL: false, performance: false, require: false, module: 'writable' },
    },
  },
  {
    files: ['docs/examples/**/*.test.js'],
    languageOptions: { globals: { test: false, expect: false, jest: false } },
  },
);
