import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  describeOnline,
  expectOnePassOneFailure,
  expectTypes,
  fixtures,
  projectWithPackage,
  run,
  succeed,
  TESTS,
  write,
} from './packed.js';
import { isDeep } from './tier.js';

/** The package as users get it, from the kinds of projects that most have; the others are in `pack.deep.ts`. */

describeOnline('the package', () => {
  let project: string;
  /** As npx does, which takes a second of its own to find it. */
  const assay = (...args: readonly string[]) => run(project, join(project, 'node_modules/.bin/assay'), args);

  beforeAll(() => {
    project = projectWithPackage();
  }, 300_000);

  test('holds what it needs and no tests', () => {
    const installed = join(project, 'node_modules/assay');
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'schema/config.json', 'dist/src/cli/main.js']),
    );
    const tests = files.filter((file) => /\.(test|e2e|deep)\.|dist\/\.build|\/Users\/|\.ts\.map$/.test(file));
    // Examples are there to be copied, with their tests.
    expect(tests.filter((file) => !file.startsWith('docs/examples/'))).toEqual([]);
  });

  test('has a command line', () => {
    expect(succeed(project, 'npx', ['assay', '--help']).stdout).toContain('Usage: assay');
    expect(assay('list').stdout).toContain('evasion/pgd');
    expect(assay('doctor').stdout).toContain('ran a model and its gradient');
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

  if (isDeep) {
    test('has types for Node, for modules and for CommonJS', () => {
      expectTypes(project, 'nodenext', 'nodenext', ['types.mts', 'types.cts']);
    });
  }

  if (isDeep) {
    test('works in a default jest project: CommonJS without any settings', () => {
      const folder = join(project, 'commonjs');
      write(folder, {
        'package.json': '{ "name": "commonjs" }',
        'model.test.js': `const { fgsm, pgd, samples, target } = require('assay/jest');\n${TESTS}`,
      });
      expectOnePassOneFailure(run(folder, 'npx', ['jest', '--rootDir', folder]), folder);
    });
  }

  describe("with a plugin of someone else's", () => {
    const id = 'assay-plugin-example/salt-and-pepper';

    test('is shown, run and judged like one of ours', () => {
      const shown = assay('show', id, '--plugin', 'assay-plugin-example').stdout;
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
      const refused = assay('audit', '--quiet');
      expect(refused.output).toMatch(/--allow-code/);
      expect(refused.code).toBe(4);
      const audited = assay('audit', '--quiet', '--json', '--allow-code');
      const { findings, run: folder } = JSON.parse(audited.stdout) as {
        findings: { audit: string; status: string }[];
        run: string;
      };
      expect(findings).toMatchObject([{ audit: id, status: expect.stringMatching(/^(pass|fail)$/) as string }]);
      expect(existsSync(join(folder, 'report.html'))).toBe(true);
      const again = assay('gate', folder, '--plugin', 'assay-plugin-example', '--json');
      expect((JSON.parse(again.stdout) as { findings: unknown }).findings).toEqual(findings);
    });
  });
});
