import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import type { Report } from '#report/report';
import { describeOnVulkan, SOFTWARE_VULKAN } from '../../test/software-vulkan.js';
import { CONFIG, NO_VULKAN, project, reportOf, run, runsOf } from './testing/on-devices.js';

test('a device that does not work is one sentence, and nothing runs', () => {
  const cwd = project({ ...CONFIG, device: 'webgpu' });
  const { code, stderr } = run(['audit'], cwd, NO_VULKAN);
  expect(stderr).toMatch(/^assay: device: `webgpu` does not work here: .+\. .+\.$/m);
  expect(code).toBe(4);
  expect(existsSync(join(cwd, 'assay-runs'))).toBe(false);
});

test('CUDA that is not installed names the command that installs it', () => {
  const { code, stderr } = run(['plan', '--device', 'cuda'], project(), NO_VULKAN);
  expect(stderr).toContain('Run `assay setup onnx --gpu`.');
  expect(code).toBe(4);
});

test('without a GPU `auto` is the CPU, and the doctor says why', () => {
  const { stdout, code } = run(['doctor', '--json'], packageRoot(), NO_VULKAN);
  expect(code).toBe(0);
  const { devices, auto } = JSON.parse(stdout) as { devices: Record<string, unknown>[]; auto: string };
  expect(auto).toBe('cpu');
  expect(devices.map(({ device, works }) => [device, works])).toEqual([
    ['cpu', true],
    ['webgpu', false],
    ['cuda', false],
  ]);
  expect(devices[1]).toMatchObject({ because: expect.stringContaining('the Vulkan loader') as string });
});

describeOnVulkan()('on a GPU that is a program', () => {
  test('the doctor proves it, says what it is, and that `auto` does not take it', () => {
    const { stdout, code } = run(['doctor'], packageRoot(), SOFTWARE_VULKAN);
    expect(stdout).toMatch(
      /^webgpu +✓ ran a model and its gradient in \d+ ms on SwiftShader.*`auto` does not take it: it is a program.*unproved on hardware$/m,
    );
    expect(stdout).toMatch(/^cpu .*`auto` takes it$/m);
    expect(stdout).toMatch(/^cuda .*\(unproved on hardware\)$/m);
    expect(code).toBe(0);
  });

  let cwd = '';
  let folder = '';
  let onDevice: Report;

  beforeAll(() => {
    cwd = project();
    expect(run(['audit', '--quiet', '--device', 'webgpu'], cwd, SOFTWARE_VULKAN).stderr).toBe('');
    [folder = ''] = runsOf(cwd);
    onDevice = reportOf(folder);
  });

  test('an audit is executed there when it is named, comes to the same result, and the report says where', () => {
    expect(onDevice.target).toMatchObject({
      device: 'webgpu',
      capabilities: expect.arrayContaining(['gradients']) as string[],
    });
    expect(onDevice.target?.notes).toContainEqual(expect.stringMatching(/^on webgpu samples run in batches/));
    expect(onDevice.provenance.command).toBe('assay audit assay.config.json --device webgpu');
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('webgpu');

    run(['audit', '--quiet', '--out', 'on-cpu'], cwd, SOFTWARE_VULKAN);
    const [other = ''] = readdirSync(join(cwd, 'on-cpu'));
    const onCpu = reportOf(join(cwd, 'on-cpu', other));
    expect(onCpu.target?.device).toBe('cpu');
    expect(onDevice.findings.map(({ measures }) => measures)).toEqual(onCpu.findings.map(({ measures }) => measures));
    expect(onDevice.findings.map(({ cell }) => cell)).not.toEqual(onCpu.findings.map(({ cell }) => cell));
  });
});
