import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import type { Report } from '#report/report';
import { assay, onlyRun, reportOf, writeAuditConfig, writeConfig } from './testing/cli.js';

// What goes wrong around a run: cells that die, and disks that refuse.

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-trouble-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const readReport = (run: string) => JSON.parse(reportOf(run).toString()) as Report;

/** A plugin of somebody else that does what its options say. */
const PLUGIN = `
import { createRequire } from 'node:module';
const { Type } = createRequire(${JSON.stringify(join(packageRoot(), 'package.json'))})('@sinclair/typebox');
const hoard = [];
const ways = {
  behave: () => undefined,
  throw: () => { throw new TypeError('x is not a function'); },
  reject: () => { Promise.reject(new Error('nobody waits for this')); return new Promise(() => {}); },
  exit: () => process.exit(0),
  crash: () => process.abort(),
  hang: () => { for (;;) {} },
  buffers: () => { for (;;) hoard.push(Buffer.alloc(1 << 22, 1)); },
  objects: () => { for (;;) hoard.push(new Array(1e4).fill({})); },
  nan: () => ({ rate: NaN }),
};
export default {
  id: 'odd', kind: 'probe', area: 'other', title: 'It behaves', failureTitle: 'It does not', description: 'd',
  sources: ['s'], severity: 'low', frameworks: {}, needs: [], data: [], advice: 'a', threat: null,
  options: Type.Object({ way: Type.String() }), policy: Type.Object({}), presets: { baseline: {}, strict: {}, 'high-risk': {} },
  cost: () => ({ predictions: 0, gradients: 0 }),
  run: async ({ options }) => ({ data: (await ways[options.way]()) ?? { n: 200 } }),
  judge: ({ n }) => ({ status: 'pass', claim: 'It behaved.', reasons: [], signs: [], measures: [{
    id: 'n', label: 'Calls', value: 1, format: 'rate', n, interval: null,
    threshold: { comparison: 'at-least', value: 1, compared: 1, holds: true, setBy: 'itself' } }] }),
  details: () => [],
};`;

/** An audit of the ways given, one cell each. */
function oddConfig(ways: readonly string[], execution: object = {}): string {
  const plugin = join(folder, 'odd.mjs');
  writeFileSync(plugin, PLUGIN);
  return writeConfig(folder, {
    plugins: ['./odd.mjs'],
    audits: { odd: ways.map((way) => ({ way })) },
    execution: { memoryMiB: 400, cellMinutes: 1, ...execution },
  });
}

test('a cell that dies is one sentence, and the run goes on', async () => {
  const out = join(folder, 'out');
  const config = oddConfig(['throw', 'reject', 'exit', 'crash', 'nan', 'buffers', 'objects', 'behave']);
  const { code, stderr } = await assay(['audit', config, '--allow-code', '--out', out, '--workers', '2']);
  expect(code).toBe(2);
  expect(stderr).not.toMatch(/\n\s+at /);
  const { findings, gate } = readReport(onlyRun(out));
  expect(gate).toMatchObject({ passed: false, exitCode: 2 });
  expect(findings.map(({ status }) => status)).toEqual([...Array.from({ length: 7 }, () => 'error'), 'pass']);
  const sentences = findings.map(({ claim }) => claim.replace(/^The cell odd \([0-9a-f]{12}\) has no evidence: /, ''));
  expect(sentences).toEqual([
    'the plugin failed: x is not a function.',
    'nobody waits for this.',
    expect.stringMatching(/^the worker process died \(exit code 0\)\. /) as string,
    expect.stringMatching(/^the worker process died \(SIGABRT\)\. /) as string,
    expect.stringMatching(/^`data\.rate` is NaN\. /) as string,
    'the worker process needed more than its limit of 400 MiB of memory. Raise `execution.memoryMiB`, or lower `execution.batchSize`.',
    expect.stringMatching(/limit of 400 MiB of memory/) as string,
    'It behaved.',
  ]);
});

test('a cell that hangs ends at its time limit; with the cause mended, the run is gone on with', async () => {
  const out = join(folder, 'out');
  const hanging = oddConfig(['hang', 'behave'], { cellMinutes: 0.05 });
  const first = await assay(['audit', hanging, '--allow-code', '--out', out]);
  expect(first.code).toBe(2);
  expect(readReport(onlyRun(out)).findings[0]?.claim).toContain('longer than its limit of 0.05 minutes');
  // The plugin is mended; the finished cell is not run again.
  writeFileSync(join(folder, 'odd.mjs'), PLUGIN.replace('for (;;) {}', ''));
  const second = await assay(['audit', hanging, '--allow-code', '--out', out, '--resume', onlyRun(out)]);
  expect(second.code).toBe(0);
  expect(second.stderr).toContain('[1/2]');
  expect(second.stderr).not.toContain('[2/2]');
  expect(readReport(onlyRun(out)).gate.passed).toBe(true);
});

test('a model that cannot be opened within the memory limit is a bad model, before anything runs', async () => {
  const out = join(folder, 'out');
  const config = writeAuditConfig(folder, { execution: { memoryMiB: 64 } });
  const { code, stderr } = await assay(['audit', config, '--out', out]);
  expect(code).toBe(4);
  expect(stderr).toMatch(/^assay: fashion-mlp\.onnx: the model could not be opened: .*64 MiB.*execution\.memoryMiB/);
  expect(existsSync(out)).toBe(false);
});

test('no audits, and none that `--only` names, is an exit code of its own', async () => {
  const config = writeConfig(folder, { audits: {} });
  expect((await assay(['audit', config])).code).toBe(3);
  const other = oddConfig(['behave']);
  const { code, stderr } = await assay(['audit', other, '--allow-code', '--only', 'evasion/pgd']);
  expect(code).toBe(3);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test('what `--only` leaves out keeps the gate from passing', async () => {
  const out = join(folder, 'out');
  const config = writeAuditConfig(folder);
  const { code } = await assay([
    'audit',
    config,
    '--out',
    out,
    '--quiet',
    '--only',
    'evasion/noise',
    '--sample',
    '150',
  ]);
  expect(code).toBe(2);
  const { findings, provenance } = readReport(onlyRun(out));
  expect(findings.map(({ status }) => status)).toEqual(['pass', 'not-run', 'not-run']);
  expect(provenance.command).toBe('assay audit assay.config.json --sample 150 --only evasion/noise');
});

describe('a disk that refuses', () => {
  test('before anything ran, is bad input', async () => {
    const config = oddConfig(['behave']);
    writeFileSync(join(folder, 'file'), '');
    const { code, stderr } = await assay(['audit', config, '--allow-code', '--out', join(folder, 'file/runs')]);
    expect(code).toBe(4);
    expect(stderr).toContain('a part of this path is a file');
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('under way leaves a run that goes on once it is mended, wherever it refused', async () => {
    const out = join(folder, 'out');
    const config = oddConfig(['behave', 'throw']);
    const args = ['audit', config, '--allow-code', '--out', out];
    const preload = join(folder, 'refuse.cjs');
    writeFileSync(preload, REFUSING);
    const codes: (number | null)[] = [];
    for (const bytes of [0, 1500, 3500]) {
      const env = { NODE_OPTIONS: `--require=${preload}`, REFUSE_BELOW: out, REFUSE_AFTER: String(bytes) };
      const { code, stderr } = await assay([...args, '--resume'], { env });
      codes.push(code);
      expect(lastLine(stderr)).toMatch(/^assay: \S*out\S*: the disk is full\. /);
      if (code === 2) expect(lastLine(stderr)).toMatch(/go on with `assay audit .* --resume /);
    }
    // Nothing could be made; then each time a little further.
    expect(codes).toEqual([4, 2, 2]);
    expect((await assay([...args, '--resume', '--quiet'])).code).toBe(2);
    const undisturbed = join(folder, 'undisturbed');
    await assay(['audit', config, '--allow-code', '--quiet', '--out', undisturbed]);
    const whole = readdirSync(out).filter((name) => existsSync(join(out, name, 'report.json')));
    expect(whole).toHaveLength(1);
    expect(reportOf(join(out, whole[0] ?? '')).equals(reportOf(onlyRun(undisturbed)))).toBe(true);
  });
});

/** A module that makes the disk full below a folder after some bytes. */
const REFUSING = `
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');
const below = process.env.REFUSE_BELOW;
let left = Number(process.env.REFUSE_AFTER);
const inside = new Set();
const { openSync, writeSync, writeFileSync } = fs;
fs.openSync = (path, flags, ...rest) => {
  const file = openSync(path, flags, ...rest);
  if (String(path).startsWith(below) && flags !== 'r') inside.add(file);
  else inside.delete(file);
  return file;
};
fs.writeSync = (file, bytes, offset = 0, length = bytes.length - offset, ...rest) => {
  if (!inside.has(file)) return writeSync(file, bytes, offset, length, ...rest);
  if (left <= 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  // A disk takes what still fits.
  const fits = Math.min(left, length);
  left -= fits;
  return writeSync(file, bytes, offset, fits, ...rest);
};
fs.writeFileSync = (file, content, ...rest) => {
  if (!inside.has(file)) return writeFileSync(file, content, ...rest);
  const bytes = Buffer.from(content);
  for (let done = 0; done < bytes.length; ) done += fs.writeSync(file, bytes, done);
};
syncBuiltinESMExports();`;

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
