import { BRIEF } from './testing/brief.js';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNpy } from '#data/write-npy';
import type { Report } from '#report/report';
import { assay, onlyRun, reportOf, writeConfig } from './testing/cli.js';
import { isDeep } from '../../test/tier.js';

// A linear model in a module of the user's: under Linf a sample falls exactly when its score is at most epsilon times the sum
// of the absolute weights.

const N = 150;
const WEIGHTS = [3, -1] as const;
const INPUTS = Float32Array.from({ length: 2 * N }, (_, i) => 0.2 + (0.6 * ((i * 61) % 97)) / 97);
const scoreOf = (i: number): number =>
  WEIGHTS[0] * ((INPUTS[2 * i] ?? NaN) - 0.5) + WEIGHTS[1] * ((INPUTS[2 * i + 1] ?? NaN) - 0.5);
const LABELS = Uint8Array.from({ length: N }, (_, i) => (scoreOf(i) > 0 ? 1 : 0));
const robust = (epsilon: number): number =>
  Array.from({ length: N }, (_, i) => Math.abs(scoreOf(i)) > 4 * epsilon).filter(Boolean).length / N;

const MODULE = `
import { writeFileSync } from 'node:fs';
if (process.env.MARK) writeFileSync(process.env.MARK, 'ran');
const rows = ({ shape: [n], data }) => Array.from({ length: n }, (_, i) => [data[2 * i], data[2 * i + 1]]);
export const predict = async (batch) => rows(batch).map(([a, b]) => 3 * (a - 0.5) - (b - 0.5));
export const gradient = (batch, slopes) => rows(batch).map((_, i) => [3 * slopes.data[i], -slopes.data[i]]);
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-module-'));
  writeFileSync(join(folder, 'x.npy'), writeNpy([N, 2], INPUTS));
  writeFileSync(join(folder, 'y.npy'), writeNpy([N], LABELS));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function auditOf(
  code: string,
  parts: object = {},
  audits: object = { 'evasion/pgd': { norm: 'Linf', epsilons: [0.03, 0.06], trust: BRIEF } },
  execution: object = {},
): string {
  writeFileSync(join(folder, 'model.mjs'), code);
  return writeConfig(folder, {
    target: {
      module: './model.mjs',
      shape: [2],
      head: 'binary',
      gives: 'logits',
      domain: { kind: 'tabular', range: [0, 1] },
      ...parts,
    },
    data: { test: { inputs: 'x.npy', labels: 'y.npy' } },
    audits,
    execution,
  });
}

const readReport = (run: string): Report => JSON.parse(reportOf(run).toString()) as Report;

test('is run only where the user allows code, and has the robust accuracy of its closed form', async () => {
  const out = join(folder, 'out');
  const config = auditOf(MODULE);
  const mark = join(folder, 'mark');
  const refused = await assay(['audit', config, '--out', out], { env: { MARK: mark } });
  expect(refused.code).toBe(4);
  expect(refused.stderr).toMatch(
    /`target\.module` is "\.\/model\.mjs", and a module is code\. Add --allow-code if you trust it/,
  );
  expect({ ran: existsSync(mark), out: existsSync(out) }).toEqual({ ran: false, out: false });
  const { stderr } = await assay(['audit', config, '--out', out, '--allow-code', '--quiet', '--batch-size', '40'], {
    env: { MARK: mark },
  });
  expect(stderr).toBe('');
  const { findings, target } = readReport(onlyRun(out));
  expect(target).toMatchObject({ name: 'model.mjs', engine: 'function', files: [{ name: 'model.mjs' }] });
  expect(target?.capabilities).toEqual(['labels', 'scores', 'gradients']);
  const rates = new Map(findings[0]?.measures.map(({ label, value }) => [label, value]));
  expect(rates.get('Robust accuracy at Linf epsilon 0.03')).toBeCloseTo(robust(0.03), 12);
  expect(rates.get('Robust accuracy at Linf epsilon 0.06')).toBeCloseTo(robust(0.06), 12);
});

test.each([
  ['has no `predict`', 'export const score = 1;', 'model.mjs: the module exports no function `predict`'],
  ['fails', 'throw new Error("no weights here");', 'model.mjs: the module failed: no weights here'],
  ['cannot be read', 'export const = 1;', 'model.mjs: the module failed: '],
  [
    'has a wrong gradient',
    MODULE.replace('-slopes.data[i]]', 'slopes.data[i]]'),
    'its function `gradient` does not fit `predict`',
  ],
])('a module that %s is one sentence', async (_, code, sentence) => {
  const { code: exit, stderr } = await assay(['plan', auditOf(code), '--allow-code']);
  expect(stderr).toContain(sentence);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(exit).toBe(4);
});

test('the gate refuses the run of a module that has changed since', async () => {
  const out = join(folder, 'out');
  const config = auditOf(MODULE, {}, { 'evasion/noise': { norm: 'Linf', epsilons: [0.01] } });
  expect((await assay(['audit', config, '--out', out, '--allow-code', '--quiet'])).code).toBe(0);
  const gate = () => assay(['gate', onlyRun(out), '--config', config, '--allow-code']);
  expect((await gate()).code).toBe(0);
  writeFileSync(join(folder, 'model.mjs'), `${MODULE}// another\n`);
  const { code, stderr } = await gate();
  expect([code, stderr]).toEqual([4, expect.stringContaining('of another model than the config names now')]);
});

test('a module that never answers ends at the time limit', async () => {
  const config = auditOf('await new Promise(() => {}); export const predict = 1;', {}, undefined, {
    cellMinutes: 0.05,
  });
  const { code, stderr } = await assay(['plan', config, '--allow-code']);
  expect(stderr).toContain(
    'model.mjs: the model could not be opened: the worker process took longer than its limit of 0.05 minutes',
  );
  expect(code).toBe(4);
});

if (isDeep) {
  test('without a gradient its scores are audited, by several workers at once', async () => {
    const out = join(folder, 'out');
    const noise = { norm: 'Linf', epsilons: [0.01] };
    const config = auditOf(
      MODULE.replace('export const gradient', 'const gradient'),
      {},
      {
        'evasion/noise': [noise, { ...noise, draws: 3 }],
        'evasion/pgd': { norm: 'Linf', epsilons: [0.01], trust: BRIEF },
      },
    );
    await assay(['audit', config, '--out', out, '--allow-code', '--quiet', '--workers', '2']);
    const { findings } = readReport(onlyRun(out));
    expect(findings.map(({ status }) => status)).toEqual(['pass', 'pass', 'inconclusive']);
    expect(findings[2]?.claim).toContain('give a function `gradient` beside `predict`');
  });
}
