import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { temporaryFolder } from './temporary-folder.js';
import { isDeep } from './tier.js';

/** The package as users get it: packed, and installed in an empty project. */

const reachable = spawnSync('npm', ['ping'], { timeout: 30_000 }).status === 0;
if (!reachable) process.stderr.write('skipped: the package registry cannot be reached, so nothing can be installed\n');
export const describeOnline = reachable ? describe : describe.skip;

export const fixtures = join(packageRoot(), 'fixtures');
export const example = join(packageRoot(), 'docs/examples/assay-plugin-example');

export interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly stdout: string;
}

export function run(cwd: string, command: string, args: readonly string[]): Outcome {
  // What this suite itself was started with is not for the projects.
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const env = { ...inherited, NO_COLOR: '1', CI: '', JEST_WORKER_ID: '', GITHUB_STEP_SUMMARY: '' };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 300_000 });
  return { code: status, stdout, output: stdout + stderr };
}

/** Runs what has to work, and shows what it said when it did not. */
export function succeed(cwd: string, command: string, args: readonly string[]): Outcome {
  const outcome = run(cwd, command, args);
  if (outcome.code !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${outcome.code}\n${outcome.output}`);
  return outcome;
}

export function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

export const TARGET = `{
  file: ${JSON.stringify(join(fixtures, 'models/fashion-mlp.onnx'))},
  head: 'classes',
  domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
}`;
export const SAMPLES = `{
  inputs: ${JSON.stringify(join(fixtures, 'data/fashion-test-images.idx3-ubyte.gz'))},
  labels: ${JSON.stringify(join(fixtures, 'data/fashion-test-labels.idx1-ubyte.gz'))},
  scale: 1 / 255,
  sample: 100,
}`;

/** One test that passes and one that fails: at 0.001 nearly nothing falls, at 0.2 nearly everything. */
export const TESTS = `
const model = target(${TARGET});
const on = samples(${SAMPLES});
test('withstands little', async () => {
  await expect(model).toWithstand(fgsm({ norm: 'Linf', epsilons: 0.001 }), { on, robustAccuracy: 0.5 });
}, 60000);
test('withstands much', async () => {
  await expect(model).toWithstand(pgd({ norm: 'Linf', epsilons: 0.2, steps: 10 }), { on, robustAccuracy: 0.7 });
}, 60000);
`;

/** Fails in the second test only, and says what a reader needs. */
export function expectOnePassOneFailure({ code, output }: Outcome, folder: string): void {
  expect(output).toMatch(/Tests: +1 failed, 1 passed, 2 total/);
  expect(output).toMatch(/✓ withstands little/);
  expect(output).toMatch(
    /Expected: Robust accuracy at Linf epsilon 0\.2 at least 70\.0\s% \(matcher\)\s+Received: \d+\.\d\s%, 95 % interval .* n = 100/,
  );
  const picture = /Counterexample: (\S+\.png)/.exec(output)?.[1] ?? '';
  expect(picture.startsWith(folder)).toBe(true);
  expect(readFileSync(picture).subarray(1, 4).toString()).toBe('PNG');
  expect(code).toBe(1);
}

/** Of the projects in the deep tier, which test and compile; `npm test` runs the package alone. */
const TOOLS = isDeep ? ['jest@30', 'ts-jest@29', 'typescript@6.0.3', '@types/jest@30', '@types/node@20'] : [];

/** A project with the package, its tools and the example plugin; made once a test file. */
export function projectWithPackage(): string {
  const project = temporaryFolder({ 'package.json': '{ "name": "empty", "private": true }' });
  const packed = succeed(packageRoot(), 'npm', ['pack', '--json', '--pack-destination', project]).stdout;
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  // The install line of the README, with the tarball in the place of the name; in `npm test` together with the example.
  const install = ['install', '--prefer-offline', '--save-dev', '--ignore-scripts'];
  if (isDeep) succeed(project, 'npm', [...install, `./${filename}`]);
  succeed(project, 'npm', [...install, '--install-links', `./${filename}`, ...TOOLS, example]);
  return project;
}

const TYPED = `import { defineConfig, type Report } from 'assay';
import { pgd, samples, target } from 'assay/jest';
export const config = defineConfig({ audits: { 'evasion/pgd': {} } });
export const verdicts = (report: Report): string[] => report.findings.map(({ status }) => status);
test('types', async () => {
  await expect(target(${TARGET})).toWithstand(pgd({ norm: 'Linf', epsilons: 0.1 }), { on: samples(${SAMPLES}), robustAccuracy: 0.7 });
});
`;
const MISTYPED = '// @ts-expect-error: no such option\nexport const wrong = defineConfig({ audit: {} });\n';

/** Compiles files that use the package, one right and one wrong use in each. */
export function expectTypes(project: string, moduleResolution: string, module: string, files: readonly string[]): void {
  const folder = join(project, `types-${moduleResolution}`);
  const compilerOptions = { module, moduleResolution, strict: true, noEmit: true, types: ['jest'] };
  const sources = Object.fromEntries(files.map((file) => [file, TYPED + MISTYPED]));
  write(folder, { ...sources, 'tsconfig.json': JSON.stringify({ compilerOptions, files }) });
  succeed(folder, 'npx', ['tsc', '-p', '.']);
}
