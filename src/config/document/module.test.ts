import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { temporaryFolder } from '../../../test/temporary-folder.js';

/** TypeScript is loaded by Node itself, which jest replaces: so these run in a process of their own. */
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
const { loadConfig } = require(process.argv[1]);
const load = ({ cwd, path }) => loadConfig(path, { cwd, allowCode: false }).then(
  ({ config, allowCode }) => ({ seed: config.seed, plugins: config.plugins, allowCode }),
  ({ name, code, message }) => ({ name, code, message }),
);
(async () => {
  const loaded = [];
  for (const each of JSON.parse(process.argv[2])) loaded.push(await load(each));
  console.log(JSON.stringify(loaded));
})();`;

interface Loading {
  readonly cwd: string;
  readonly path?: string;
}

/** What each of these configs is read as, one after the other. */
function load(...configs: readonly Loading[]): unknown[] {
  const args = ['-e', PROGRAM, bundle, JSON.stringify(configs)];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })) as unknown[];
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

test('a TypeScript config with types and imports is read, and may name plugins; a named one from anywhere', () => {
  const typed = project({ 'assay.config.ts': TYPED, 'seed.ts': 'export const seed: number = 40 + 2;' });
  const strict = project({ 'audit/strict.ts': 'export default { audits: {}, seed: 5 as number };' });
  const expected = { seed: 42, plugins: ['assay-plugin-x'], allowCode: true };
  expect(
    load({ cwd: typed }, { cwd: typed, path: 'assay.config.ts' }, { cwd: strict, path: 'audit/strict.ts' }),
  ).toEqual([expected, expected, expect.objectContaining({ seed: 5 })]);
});

/** Modules, and what is said of each. */
const FAULTS: Readonly<Record<string, readonly [module: string, sentence: string | RegExp]>> = {
  'no default export': [
    'export const audits = {};',
    'the module has no default export. Write `export default { ... }`.',
  ],
  'a default export that is no object': [
    'export default () => 1;',
    'the file is a function, and must be plain data: what JSON can hold.',
  ],
  'a value that no JSON holds': [
    'export default { audits: {}, seed: NaN };',
    '`seed` is NaN, and must be a finite number.',
  ],
  'a typo': [
    'export default { audits: {}, keeps: 1 };',
    /^assay\.config\.ts: `keeps` is not a known key; the closest is `keep` \(known here: `\$schema`, `target`, .* and `execution`\)\.$/,
  ],
  'code that throws': ['throw new Error("no\\nway");', 'the module failed: no way.'],
  'a syntax error': ['export default {\n  audits: {} }}', /^assay\.config\.ts: the module failed: .+/],
};

test('what is no config ends in one sentence, whatever was read before it', () => {
  const folders = Object.values(FAULTS).map(([module]) => project({ 'assay.config.ts': module }));
  expect(load(...folders.map((cwd) => ({ cwd })))).toEqual(
    Object.values(FAULTS).map(([, sentence]) => ({
      ...{ name: 'AssayError', code: 'config' },
      message:
        typeof sentence === 'string' ? `assay.config.ts: ${sentence}` : (expect.stringMatching(sentence) as unknown),
    })),
  );
});

const onOldNode = nodeReadsTypeScript ? test.skip : test;
onOldNode('without typescript, a Node that does not read it says what to do', () => {
  const folder = temporaryFolder({ 'package.json': '{}', 'assay.config.ts': 'export default { audits: {} }' });
  expect(load({ cwd: folder })).toEqual([
    {
      name: 'AssayError',
      code: 'config',
      message: `assay.config.ts: Node ${process.versions.node} does not read TypeScript by itself. Use Node 22.18 or newer, or install the package \`typescript\` in this project.`,
    },
  ]);
});
