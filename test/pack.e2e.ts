import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { temporaryFolder } from './temporary-folder.js';

/** The package as users get it: packed, installed in an empty project, and used from every kind of project. */

const reachable = spawnSync('npm', ['ping'], { timeout: 30_000 }).status === 0;
if (!reachable) console.warn('Skipped: the package registry cannot be reached, so nothing can be installed.');
const describeOnline = reachable ? describe : describe.skip;

const fixtures = join(packageRoot(), 'fixtures');
const example = join(packageRoot(), 'docs/examples/assay-plugin-example');

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly stdout: string;
}

function run(cwd: string, command: string, args: readonly string[]): Outcome {
  // What this suite itself was started with is not for the projects.
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const env = { ...inherited, NO_COLOR: '1', CI: '', JEST_WORKER_ID: '', GITHUB_STEP_SUMMARY: '' };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 300_000 });
  return { code: status, stdout, output: stdout + stderr };
}

/** Runs what has to work, and shows what it said when it did not. */
function succeed(cwd: string, command: string, args: readonly string[]): Outcome {
  const outcome = run(cwd, command, args);
  if (outcome.code !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${outcome.code}\n${outcome.output}`);
  return outcome;
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

const TARGET = `{
  file: ${JSON.stringify(join(fixtures, 'models/fashion-mlp.onnx'))},
  head: 'classes',
  domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
}`;
const SAMPLES = `{
  inputs: ${JSON.stringify(join(fixtures, 'data/fashion-test-images.idx3-ubyte.gz'))},
  labels: ${JSON.stringify(join(fixtures, 'data/fashion-test-labels.idx1-ubyte.gz'))},
  scale: 1 / 255,
  sample: 100,
}`;

/** One test that passes and one that fails: at 0.001 nearly nothing falls, at 0.2 nearly everything. */
const TESTS = `
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
function expectOnePassOneFailure({ code, output }: Outcome, folder: string): void {
  expect(output).toMatch(/Tests: +1 failed, 1 passed, 2 total/);
  expect(output).toMatch(/✓ withstands little/);
  expect(output).toMatch(
    /Robust accuracy at Linf epsilon 0\.2: \d+\.\d\s%, 95 % interval .* n = 100, asked for at least 70\.0/,
  );
  const picture = /Counterexample: (\S+\.png)/.exec(output)?.[1] ?? '';
  expect(picture.startsWith(folder)).toBe(true);
  expect(readFileSync(picture).subarray(1, 4).toString()).toBe('PNG');
  expect(code).toBe(1);
}

describeOnline('the package', () => {
  let project: string;

  beforeAll(() => {
    project = temporaryFolder({ 'package.json': '{ "name": "empty", "private": true }' });
    const packed = succeed(packageRoot(), 'npm', ['pack', '--json', '--pack-destination', project]).stdout;
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
    // The one install line of the README, with the tarball in the place of the name.
    succeed(project, 'npm', ['install', '--prefer-offline', '--save-dev', '--ignore-scripts', `./${filename}`]);
    const tools = ['jest@30', 'ts-jest@29', 'typescript@6.0.3', '@types/jest@30', '@types/node@20', example];
    succeed(project, 'npm', [
      'install',
      '--prefer-offline',
      '--save-dev',
      '--ignore-scripts',
      '--install-links',
      ...tools,
    ]);
  }, 300_000);

  test('holds what it needs and no tests', () => {
    const installed = join(project, 'node_modules/assay');
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'schema/config.json', 'dist/src/cli/main.js']),
    );
    expect(files.filter((file) => /\.(test|e2e|deep)\.|dist\/\.build|\/Users\/|\.ts\.map$/.test(file))).toEqual([
      'docs/examples/assay-plugin-example/salt-and-pepper.test.js',
    ]);
  });

  test('has a command line', () => {
    expect(succeed(project, 'npx', ['assay', '--help']).stdout).toContain('Usage: assay');
    expect(succeed(project, 'npx', ['assay', 'list']).stdout).toContain('evasion/pgd');
    expect(succeed(project, 'npx', ['assay', 'doctor']).stdout).toContain('ran a model and its gradient');
  });

  test('can be imported and required', () => {
    const names = "Object.keys(a).filter((name) => ['pgd', 'audit', 'defineAttack'].includes(name)).sort().join()";
    expect(
      succeed(project, 'node', ['--input-type=module', '-e', `import * as a from 'assay'; console.log(${names})`])
        .stdout,
    ).toBe('audit,defineAttack,pgd\n');
    expect(succeed(project, 'node', ['-e', `const a = require('assay'); console.log(${names})`]).stdout).toBe(
      'audit,defineAttack,pgd\n',
    );
  });

  describe('has types', () => {
    const source = `import { defineConfig, type Report } from 'assay';
import { pgd, samples, target } from 'assay/jest';
export const config = defineConfig({ audits: { 'evasion/pgd': {} } });
export const verdicts = (report: Report): string[] => report.findings.map(({ status }) => status);
test('types', async () => {
  await expect(target(${TARGET})).toWithstand(pgd({ norm: 'Linf', epsilons: 0.1 }), { on: samples(${SAMPLES}), robustAccuracy: 0.7 });
});
`;
    test.each([
      ['bundler', 'esnext', 'types.ts'],
      ['nodenext', 'nodenext', 'types.mts'],
      ['nodenext', 'nodenext', 'types.cts'],
    ])('for %s resolution (%s), %s', (resolution, module, name) => {
      const folder = join(project, `types-${resolution}-${name.slice(-3)}`);
      const wrong = '// @ts-expect-error: no such option\nexport const wrong = defineConfig({ audit: {} });\n';
      const compilerOptions = { module, moduleResolution: resolution, strict: true, noEmit: true, types: ['jest'] };
      write(folder, { [name]: source + wrong, 'tsconfig.json': JSON.stringify({ compilerOptions, files: [name] }) });
      succeed(folder, 'npx', ['tsc', '-p', '.']);
    });
  });

  test('works in a default jest project: CommonJS without any settings', () => {
    const folder = join(project, 'commonjs');
    write(folder, {
      'package.json': '{ "name": "commonjs" }',
      'model.test.js': `const { fgsm, pgd, samples, target } = require('assay/jest');\n${TESTS}`,
    });
    expectOnePassOneFailure(run(folder, 'npx', ['jest', '--rootDir', folder]), folder);
  });

  test('works in a jest project of ES modules', () => {
    const folder = join(project, 'modules');
    write(folder, {
      'package.json': '{ "name": "modules", "type": "module", "jest": { "transform": {} } }',
      'model.test.js': `import { fgsm, pgd, samples, target } from 'assay/jest';\n${TESTS}`,
    });
    const jest = join(project, 'node_modules/jest/bin/jest.js');
    const outcome = run(folder, 'node', ['--experimental-vm-modules', jest, '--rootDir', folder]);
    expectOnePassOneFailure(outcome, folder);
  });

  test('works with ts-jest', () => {
    const folder = join(project, 'ts-jest');
    write(folder, {
      'package.json': '{ "name": "with-ts-jest", "jest": { "preset": "ts-jest" } }',
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          module: 'commonjs',
          moduleResolution: 'bundler',
          strict: true,
          esModuleInterop: true,
          types: ['jest'],
        },
      }),
      'model.test.ts': `import { fgsm, pgd, samples, target } from 'assay/jest';\n${TESTS}`,
    });
    expectOnePassOneFailure(run(folder, 'npx', ['jest', '--rootDir', folder]), folder);
  });

  describe('with a live target', () => {
    const live = `const { openTarget } = require('assay');
const { pgd } = require('assay/jest');
test('live', async () => {
  const { target, samples } = await openTarget(${TARGET}, ${SAMPLES});
  await expect(target).not.toWithstand(pgd({ norm: 'Linf', epsilons: 0.2, steps: 10 }), { on: samples, robustAccuracy: 0.7 });
}, 60000);
`;

    test('runs in the environment of the package', () => {
      const folder = join(project, 'live');
      write(folder, {
        'package.json': '{ "name": "live", "jest": { "testEnvironment": "assay/jest-environment" } }',
        'model.test.js': live,
      });
      succeed(folder, 'npx', ['jest', '--rootDir', folder]);
    });

    test('says in one sentence what is missing elsewhere', () => {
      const folder = join(project, 'live-default');
      write(folder, { 'package.json': '{ "name": "live-default" }', 'model.test.js': live });
      const { code, output } = run(folder, 'npx', ['jest', '--rootDir', folder]);
      expect(output).toMatch(/Set testEnvironment: 'assay\/jest-environment' in the jest config/);
      expect(code).toBe(1);
    });
  });

  describe("with a plugin of someone else's", () => {
    const id = 'assay-plugin-example/salt-and-pepper';

    test('conforms, in its own tests', () => {
      const folder = join(project, 'example');
      cpSync(example, folder, { recursive: true });
      const jest = join(project, 'node_modules/jest/bin/jest.js');
      const { output } = succeed(folder, 'node', ['--experimental-vm-modules', jest, '--rootDir', folder]);
      expect(output).toMatch(/Tests: +\d+ passed/);
    });

    test('is shown, run and judged like one of ours', () => {
      const shown = succeed(project, 'npx', ['assay', 'show', id, '--plugin', 'assay-plugin-example']).stdout;
      expect(shown).toContain('salt-and-pepper');
      const config = `{
        "target": ${JSON.stringify({
          file: join(fixtures, 'models/fashion-mlp.onnx'),
          head: 'classes',
          domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
        })},
        "data": { "test": ${JSON.stringify({
          inputs: join(fixtures, 'data/fashion-test-images.idx3-ubyte.gz'),
          labels: join(fixtures, 'data/fashion-test-labels.idx1-ubyte.gz'),
          scale: 1 / 255,
          sample: 100,
        })} },
        "plugins": ["assay-plugin-example"],
        "audits": { "${id}": { "epsilons": [0.01, 0.3] } }
      }`;
      write(project, { 'assay.config.json': config });
      const refused = run(project, 'npx', ['assay', 'audit', '--quiet']);
      expect(refused.output).toMatch(/--allow-code/);
      expect(refused.code).toBe(4);
      const audited = run(project, 'npx', ['assay', 'audit', '--quiet', '--json', '--allow-code']);
      const { findings, run: folder } = JSON.parse(audited.stdout) as {
        findings: { audit: string; status: string }[];
        run: string;
      };
      expect(findings).toMatchObject([{ audit: id, status: expect.stringMatching(/^(pass|fail)$/) as string }]);
      expect(existsSync(join(folder, 'report.html'))).toBe(true);
      const again = run(project, 'npx', ['assay', 'gate', folder, '--plugin', 'assay-plugin-example', '--json']);
      expect((JSON.parse(again.stdout) as { findings: unknown }).findings).toEqual(findings);
    });
  });
});
