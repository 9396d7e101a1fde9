import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { temporaryFolder } from '../../../test/temporary-folder.js';

/** TypeScript is loaded by Node itself, which jest replaces: so each of these runs in a process of its own. */
const root = packageRoot();
const bundle = join(temporaryFolder(), 'load.cjs');
const nodeReadsTypeScript = 'typescript' in process.features && Boolean(process.features.typescript);

beforeAll(() => {
  execFileSync(process.execPath, [
    join(root, 'node_modules/esbuild/bin/esbuild'),
    join(root, 'src/config/load.ts'),
    ...[
      '--bundle',
      '--platform=node',
      '--format=cjs',
      '--conditions=assay-source',
      '--main-fields=module,main',
      '--log-level=error',
    ],
    `--outfile=${bundle}`,
  ]);
});

const PROGRAM = `
require(process.argv[1]).loadConfig(process.argv[2], { cwd: process.cwd(), allowCode: false }).then(
  ({ config, allowCode }) => console.log(JSON.stringify({ seed: config.seed, plugins: config.plugins, allowCode })),
  ({ name, code, message }) => console.log(JSON.stringify({ name, code, message })),
);`;

function load(cwd: string, ...path: readonly string[]): unknown {
  return JSON.parse(execFileSync(process.execPath, ['-e', PROGRAM, bundle, ...path], { cwd, encoding: 'utf8' }));
}

/** A project with `typescript` in its node_modules, and the given files. */
function project(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder({ 'package.json': '{ "type": "module" }', ...files });
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(root, 'node_modules/typescript'), join(folder, 'node_modules/typescript'));
  return folder;
}

const TYPED = `
import type { Nothing } from 'not-installed';
import { seed } from './seed.ts';
interface Audits { readonly [id: string]: object }
const audits: Audits = { 'evasion/pgd': { epsilons: [8 / 255] } };
export default { audits, seed, plugins: ['assay-plugin-x'] } satisfies object;`;

test('a TypeScript config with types and imports is read, and may name plugins', () => {
  const folder = project({ 'assay.config.ts': TYPED, 'seed.ts': 'export const seed: number = 40 + 2;' });
  const expected = { seed: 42, plugins: ['assay-plugin-x'], allowCode: true };
  expect(load(folder)).toEqual(expected);
  expect(load(folder, 'assay.config.ts')).toEqual(expected);
});

test('a named TypeScript config is read from anywhere in the project', () => {
  const folder = project({ 'audit/strict.ts': 'export default { audits: {}, seed: 5 as number };' });
  expect(load(folder, 'audit/strict.ts')).toMatchObject({ seed: 5 });
});

test.each([
  [
    'no default export',
    'export const audits = {};',
    'the module has no default export. Write `export default { ... }`.',
  ],
  [
    'a default export that is no object',
    'export default () => 1;',
    'the file is a function, and must be plain data: what JSON can hold.',
  ],
  [
    'a value that no JSON holds',
    'export default { audits: {}, seed: NaN };',
    '`seed` is NaN, and must be a finite number.',
  ],
  [
    'a typo',
    'export default { audits: {}, keeps: 1 };',
    '`keeps` is not a known key; the closest is `keep` (known here: `$schema`, `target`, `data`, `engine`, `device`, `seed`, `plugins`, `audits`, `explain`, `policy`, `baseline`, `out`, `samples`, `language`, `keep` and `execution`).',
  ],
  ['code that throws', 'throw new Error("no\\nway");', 'the module failed: no way.'],
])('%s ends in one sentence', (_, text, sentence) => {
  const folder = project({ 'assay.config.ts': text });
  expect(load(folder)).toEqual({ name: 'AssayError', code: 'config', message: `assay.config.ts: ${sentence}` });
});

test('a syntax error is named with the file', () => {
  const folder = project({ 'assay.config.ts': 'export default {\n  audits: {} }}' });
  expect(load(folder)).toMatchObject({
    name: 'AssayError',
    message: expect.stringMatching(/^assay\.config\.ts: the module failed: .+/) as unknown,
  });
});

const onOldNode = nodeReadsTypeScript ? test.skip : test;
onOldNode('without typescript, a Node that does not read it says what to do', () => {
  const folder = temporaryFolder({ 'package.json': '{}', 'assay.config.ts': 'export default { audits: {} }' });
  expect(load(folder)).toEqual({
    name: 'AssayError',
    code: 'config',
    message: `assay.config.ts: Node ${process.versions.node} does not read TypeScript by itself. Use Node 22.18 or newer, or install the package \`typescript\` in this project.`,
  });
});
