import { execFileSync } from 'node:child_process';
import { commandOf, resumeCommandOf, withOnly } from './command.js';
import { plannedRun } from './testing/planned.js';
import { registryOf } from './testing/share.js';
import type { PlanOptions } from './types.js';

const planned = (options: PlanOptions, file = '/somewhere/assay.config.json') => {
  const run = plannedRun('/out', [], registryOf());
  return { ...run, options, loaded: { ...run.loaded, file } };
};

test('names what decides the plan, and no folder', () => {
  expect(commandOf(planned({}))).toBe('assay audit assay.config.json');
  expect(commandOf(planned({ sample: 100, seed: 7 }))).toBe('assay audit assay.config.json --sample 100 --seed 7');
  expect(commandOf(planned({ device: 'webgpu' }))).toBe('assay audit assay.config.json --device webgpu');
  expect(withOnly('assay audit', ['evasion/pgd', 'evasion/fgsm'])).toBe('assay audit --only evasion/pgd,evasion/fgsm');
  expect(withOnly('assay audit', [])).toBe('assay audit');
});

test('the command that goes on has everything that the first had', () => {
  const command = resumeCommandOf(
    planned({ seed: 1, only: ['evasion/pgd'] }, `${process.cwd()}/my/a.json`),
    '/out/run 1',
  );
  expect(command).toBe("assay audit my/a.json --seed 1 --only evasion/pgd --resume '/out/run 1'");
});

test('a shell reads every word back as it was', () => {
  const file = `it's $HOME & "more" \`ls\`.json`;
  const command = commandOf(planned({ seed: "a'b c" }, `/somewhere/${file}`));
  const words = execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
  expect(words).toEqual(['assay', 'audit', file, '--seed', "a'b c"]);
});
