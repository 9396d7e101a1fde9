import { cpSync } from 'node:fs';
import { join } from 'node:path';
import {
  describeOnline,
  example,
  expectOnePassOneFailure,
  expectTypes,
  projectWithPackage,
  run,
  SAMPLES,
  succeed,
  TARGET,
  TESTS,
  write,
} from './packed.js';
import './pack.e2e.js';

/** The package in every other kind of project. */

describeOnline('the package', () => {
  let project: string;

  beforeAll(() => {
    project = projectWithPackage();
  }, 300_000);

  test('has types for bundlers', () => {
    expectTypes(project, 'bundler', 'esnext', ['types.ts']);
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

  test("a plugin of someone else's conforms, in its own tests", () => {
    const folder = join(project, 'example');
    cpSync(example, folder, { recursive: true });
    const jest = join(project, 'node_modules/jest/bin/jest.js');
    const { output } = succeed(folder, 'node', ['--experimental-vm-modules', jest, '--rootDir', folder]);
    expect(output).toMatch(/Tests: +\d+ passed/);
  });
});
