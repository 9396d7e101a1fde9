import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mixedReport } from '../../../reports/testing/reports.js';
import type { BaselineText } from '#config/loaded';
import type { Finding, Report, TargetCard } from '#report/report';
import { judgeRun } from '../judge.js';
import type { GateOptions } from '../types.js';
import { BITS, bitsCell, bitsPlugin, runFolder } from '../testing/outcomes.js';
import { policyOf } from '../testing/planned.js';
import { cellOf, registryOf } from '../testing/share.js';
import { blessRun } from './bless.js';

let out: string;
beforeEach(() => (out = mkdtempSync(join(tmpdir(), 'assay-baseline-'))));
afterEach(() => rmSync(out, { recursive: true, force: true }));

const CELL = bitsCell();
/** `n` samples of which the first `held` hold. */
const first = (held: number, n: number): string => '1'.repeat(held) + '0'.repeat(n - held);

const runOf = (bits: string, parts: Parameters<typeof runFolder>[2] = {}): string =>
  runFolder(out, [[CELL, { bits }]], parts);

const blessed = (bits: string): BaselineText => ({
  file: '/somewhere/assay.baseline.json',
  text: blessRun(runOf(bits), BITS).text,
});

const judged = (bits: string, baseline: BaselineText, options: GateOptions = {}): Report =>
  judgeRun(runOf(bits, { loaded: { baseline } }), BITS, options);

const comparisonIn = ({ findings }: Report): Finding => {
  const found = findings.find(({ audit }) => audit.startsWith('regression/'));
  if (found === undefined) throw new Error('nothing was compared');
  return found;
};

describe('a run against its baseline', () => {
  test('passes where nothing changed, and says how sure that is', () => {
    const report = judged(first(150, 200), blessed(first(150, 200)));
    expect(report.gate.exitCode).toBe(0);
    expect(comparisonIn(report)).toMatchObject({
      audit: 'regression/test/bits',
      status: 'pass',
      severity: 'high',
      title: 'Is no worse than the baseline',
      claim:
        'No worse than the baseline: on 200 samples its rate is not lower by more than chance (p = 1.000; the policy asks for at least 0.05).',
    });
    expect(report.findings[0]?.changes).toEqual([
      {
        ...{ label: 'Share', before: 0.75, now: 0.75, n: 200, lost: 0, won: 0, p: 1, direction: 'same' },
        test: 'McNemar, exact, one-sided, after Holm',
      },
    ]);
    expect(report.baseline).toMatchObject({ file: 'assay.baseline.json', target: null });
  });

  // With no sample won, k losses have p = 2^-k: four of them .0625, five .03125.
  test.each([
    [4, 'pass', 0],
    [5, 'fail', 1],
  ])('%i losses and no gain: %s', (losses, status, exitCode) => {
    const report = judged(first(150 - losses, 200), blessed(first(150, 200)));
    expect(comparisonIn(report).status).toBe(status);
    expect(comparisonIn(report).measures[0]?.value).toBeCloseTo(2 ** -losses, 12);
    expect(report.gate.exitCode).toBe(exitCode);
  });

  test('names the samples that were lost, and the change', () => {
    const report = judged(first(140, 200), blessed(first(150, 200)));
    const comparison = comparisonIn(report);
    expect(comparison).toMatchObject({ title: 'Has become worse than the baseline' });
    expect(comparison.claim).toBe(
      'Worse than the baseline: Share falls from 75.0 % to 70.0 %: 10 samples are lost and 0 won, of 200 samples (p < .001). The policy asks for p of at least 0.05.',
    );
    expect(comparison.details[1]).toMatchObject({ rows: Array.from({ length: 10 }, (_, i) => [140 + i, 'Share']) });
    expect(report.findings[0]?.changes[0]).toMatchObject({ direction: 'worse', lost: 10, won: 0 });
    expect(comparison.texts.de?.title).toBe('Ist schlechter geworden als die Baseline');
  });

  test('a model that is better is better, and passes', () => {
    const report = judged(first(160, 200), blessed(first(150, 200)));
    expect(report.gate.exitCode).toBe(0);
    expect(report.findings[0]?.changes[0]).toMatchObject({ direction: 'better', p: 2 ** -10 });
  });

  test('as many lost as won is no change, however many', () => {
    const swapped = `${'0'.repeat(40)}${'1'.repeat(150)}${'0'.repeat(10)}`;
    const report = judged(swapped, blessed(first(150, 200)));
    expect(comparisonIn(report).status).toBe('pass');
    expect(report.findings[0]?.changes[0]).toMatchObject({ lost: 40, won: 40, direction: 'same' });
  });

  test('what the policy lets pass is no regression, and is said', () => {
    const policy = policyOf({ regression: { alpha: 0.05, drop: 0.05 } });
    const within = judged(first(140, 200), blessed(first(150, 200)), { policy });
    expect(comparisonIn(within)).toMatchObject({ status: 'pass' });
    expect(comparisonIn(within).reasons.join(' ')).toContain('The policy lets 5.0 % pass.');
    const beyond = judged(first(139, 200), blessed(first(150, 200)), { policy });
    expect(comparisonIn(beyond).status).toBe('fail');
  });

  test('rates are tested together: what one alone would be is no regression among twenty', () => {
    const many = (bits: string) =>
      registryOf(
        bitsPlugin({
          outcomes: (data) =>
            Array.from({ length: 20 }, (_, i) => ({
              ...{ id: `rate-${i}`, label: `Rate ${i}`, indices: Array.from(bits, (_bit, j) => j) },
              bits: i === 0 ? (data as { bits: string }).bits : first(150, 200),
            })),
        }),
      );
    const registry = many(first(150, 200));
    const text = blessRun(runOf(first(150, 200)), registry).text;
    const judgedBy = (losses: number) =>
      judgeRun(runOf(first(150 - losses, 200), { loaded: { baseline: { file: 'b.json', text } } }), registry);
    // 20 x 2^-8 = .078, 20 x 2^-9 = .039.
    expect(comparisonIn(judgedBy(8)).status).toBe('pass');
    expect(comparisonIn(judgedBy(9)).status).toBe('fail');
  });

  test('too few samples decide nothing', () => {
    const report = judged(first(40, 50), blessed(first(40, 50)));
    expect(comparisonIn(report)).toMatchObject({ status: 'inconclusive' });
    expect(report.gate.exitCode).toBe(2);
  });

  test('a waiver of the audit is none of its comparison', () => {
    const waiver = (audit: string) => ({ audit, reason: 'wanted', owner: 'Kim', expires: '2027-01-31' });
    const baseline = blessed(first(150, 200));
    const codeBy = (audit: string) =>
      judged(first(140, 200), baseline, { policy: policyOf({ waivers: [waiver(audit)] }) }).gate.exitCode;
    expect(codeBy('test/bits')).toBe(1);
    expect(codeBy('regression/test/bits')).toBe(0);
  });

  test('is judged again from the run folder alone, or against another baseline', () => {
    const folder = runOf(first(150, 200), { loaded: { baseline: blessed(first(150, 200)) } });
    expect(judgeRun(folder, BITS).gate.exitCode).toBe(0);
    const { gate } = judgeRun(folder, BITS, { baseline: blessed(first(160, 200)) });
    expect(gate.exitCode).toBe(1);
  });
});

describe('nothing that could not be compared looks as if it had been', () => {
  const baseline = () => blessed(first(150, 200));
  const statusOf = (report: Report) => [comparisonIn(report).status, report.gate.exitCode];

  test('a cell of the baseline that the run lacks', () => {
    const folder = runFolder(out, [[cellOf(), { hits: 150, n: 200 }]], { loaded: { baseline: baseline() } });
    expect(statusOf(judgeRun(folder, BITS))).toEqual(['not-run', 2]);
  });

  test('an audit with other options', () => {
    const cell = cellOf('test/bits', { size: 7 });
    const folder = runFolder(out, [[cell, { bits: first(150, 200) }]], { loaded: { baseline: baseline() } });
    expect(statusOf(judgeRun(folder, BITS))).toEqual(['not-run', 2]);
  });

  test.each([
    ['fewer samples', { bits: first(150, 199) }],
    ['other samples', { bits: first(150, 200), indices: Array.from({ length: 200 }, (_, i) => i + 1) }],
    ['no sample', { bits: '' }],
  ])('%s', (_, data) => {
    const folder = runFolder(out, [[CELL, data]], { loaded: { baseline: baseline() } });
    expect(statusOf(judgeRun(folder, BITS))).toEqual(['inconclusive', 2]);
  });

  test('other data', () => {
    const cell = { ...CELL, data: ['test'] as const };
    const [card] = mixedReport().report.data;
    const plan = (digest: string) => ({ data: [{ ...card!, role: 'test', digest }] });
    const [one, other] = ['1', '2'].map((digit) => digit.repeat(64));
    const before = runFolder(out, [[cell, { bits: first(150, 200) }]], { plan: plan(one!) });
    const { text } = blessRun(before, BITS);
    const after = (digest: string) =>
      runFolder(out, [[cell, { bits: first(150, 200) }]], {
        plan: plan(digest),
        loaded: { baseline: { file: 'b.json', text } },
      });
    expect(statusOf(judgeRun(after(one!), BITS))).toEqual(['pass', 0]);
    const report = judgeRun(after(other!), BITS);
    expect(statusOf(report)).toEqual(['inconclusive', 2]);
    expect(comparisonIn(report).claim).toBe(
      'The baseline was measured on other data, so that samples cannot be paired.',
    );
  });

  test('another model: the same audit, and other inputs, outputs or labels', () => {
    const target = { ...mixedReport().report.target!, checks: [] };
    const of = (parts: Partial<TargetCard>, text: string | null) =>
      runFolder(out, [[CELL, { bits: first(150, 200) }]], {
        plan: { target: { ...target, ...parts } },
        loaded: { baseline: text === null ? null : { file: 'b.json', text } },
      });
    const { text } = blessRun(of({}, null), BITS);
    const claimOf = (parts: Partial<TargetCard>) => comparisonIn(judgeRun(of(parts, text), BITS)).claim;
    const newer = judgeRun(of({ name: 'newer', digest: 'f'.repeat(64) }, text), BITS);
    expect(statusOf(newer)).toEqual(['pass', 0]);
    expect(newer.baseline?.target).toEqual({ name: target.name, digest: target.digest });
    expect(claimOf({ domain: { ...target.domain, shape: [3, 28, 28] } })).toBe(
      `The baseline is of another model: ${target.name} takes image, 1 x 28 x 28, NCHW, 0 to 1 where this one takes image, 3 x 28 x 28, NCHW, 0 to 1.`,
    );
    expect(claimOf({ head: { ...target.head, outputs: 12 } })).toContain(
      'gives classes, 10 where this one gives classes, 12',
    );
    expect(claimOf({ labels: ['other'] })).toContain('names its outputs otherwise');
    const none = runOf(first(150, 200), { loaded: { baseline: { file: 'b.json', text } } });
    expect(comparisonIn(judgeRun(none, BITS)).claim).toBe('Only one of the baseline and this run is of a model.');
    // What looks at data alone has the same outcomes whatever the model is.
    const ofData = registryOf(bitsPlugin({ needs: [] }));
    expect(comparisonIn(judgeRun(of({ labels: ['other'] }, text), ofData)).status).toBe('pass');
  });

  test.each([
    [
      'that throw',
      () => {
        throw new Error('broken');
      },
    ],
    ['of another length', () => [{ id: 'share', label: 'Share', bits: '11', indices: [1] }]],
    ['that are no bits', () => [{ id: 'share', label: 'Share', bits: '2', indices: [1] }]],
    ['twice', () => [1, 2].map(() => ({ id: 'share', label: 'Share', bits: '1', indices: [1] }))],
    ['of another name', () => [{ id: 'other', label: 'Other', bits: '1', indices: [1] }]],
  ])('outcomes %s', (_, outcomes) => {
    const folder = runOf(first(150, 200), { loaded: { baseline: baseline() } });
    expect(statusOf(judgeRun(folder, registryOf(bitsPlugin({ outcomes }))))).toEqual(['inconclusive', 2]);
  });

  test('a policy with rules against a baseline, and a config without one', () => {
    const policy = policyOf({ regression: { alpha: 0.05, drop: 0 } });
    const report = judgeRun(runOf(first(150, 200)), BITS, { policy });
    expect(statusOf(report)).toEqual(['not-run', 2]);
    expect(comparisonIn(report)).toMatchObject({
      audit: 'regression/baseline',
      claim: 'The policy has rules against a baseline, and the config names none.',
    });
  });

  test('a baseline that was changed in the run folder, or taken away', () => {
    const folder = runOf(first(150, 200), { loaded: { baseline: baseline() } });
    const kept = join(folder, 'baseline.json');
    writeFileSync(kept, blessed(first(100, 200)).text);
    expect(() => judgeRun(folder, BITS)).toThrow('this is not the baseline that the run began with');
    rmSync(kept);
    expect(() => judgeRun(folder, BITS)).toThrow('it is not there');
  });

  test.each([
    ['empty', () => '', 'is not JSON'],
    ['cut off', (text: string) => text.slice(0, -20), 'is not JSON'],
    ['of a later version', (text: string) => text.replace('"version": 1', '"version": 2'), 'has version 2'],
    ['no baseline', () => '{}', 'this is no baseline'],
    ['without a cell', (text: string) => text.replace(/"cells": [\s\S]*\]/, '"cells": []'), 'this is no baseline'],
    ['with a bit changed by hand', (text: string) => text.replace('"ffff', '"7fff'), 'are not of 150 in 200 samples'],
    ['with a count changed by hand', (text: string) => text.replace('"held": 150', '"held": 120'), 'are not of 120 in'],
  ])('a baseline that is %s', (_, spoil, sentence) => {
    const { text } = baseline();
    expect(spoil(text)).not.toBe(text);
    const folder = runOf(first(150, 200));
    expect(() => judgeRun(folder, BITS, { baseline: { file: 'b.json', text: spoil(text) } })).toThrow(sentence);
  });
});

describe('blessing', () => {
  test('gives equal bytes for equal runs, and holds no path or clock', () => {
    const [one, two] = [blessed(first(150, 200)).text, blessed(first(150, 200)).text];
    expect(two).toBe(one);
    expect(one).not.toMatch(/somewhere|assay-baseline-|2026/);
  });

  test('lists the audits that have nothing to compare', () => {
    const folder = runFolder(out, [
      [CELL, { bits: first(150, 200) }],
      [cellOf(), { hits: 150, n: 200 }],
    ]);
    expect(blessRun(folder, BITS).left).toEqual(['test/share']);
  });

  test('refuses a run in which a cell left no evidence: it would never be compared', () => {
    const registry = registryOf(
      bitsPlugin({
        outcomes: () => {
          throw new Error('broken');
        },
      }),
    );
    expect(() => blessRun(runOf(first(150, 200)), registry)).toThrow('1 of its cells cannot be a baseline');
    const unfinished = runFolder(out, [[CELL, null]]);
    expect(() => blessRun(unfinished, BITS)).toThrow('are not finished');
  });

  test('refuses a run that has nothing to compare', () => {
    const folder = runFolder(out, [[cellOf(), { hits: 150, n: 200 }]]);
    expect(() => blessRun(folder, BITS)).toThrow('nothing to compare later runs with');
  });

  test('an audit that the baseline does not have is listed as not compared', () => {
    const other = cellOf('test/bits', { size: 3 });
    const baseline = blessed(first(150, 200));
    const folder = runFolder(
      out,
      [
        [CELL, { bits: first(150, 200) }],
        [other, { bits: first(150, 200) }],
      ],
      { loaded: { baseline } },
    );
    const report = judgeRun(folder, BITS);
    expect(report.gate.exitCode).toBe(0);
    expect(report.notTested).toContainEqual({
      what: 'regression/test/bits',
      kind: 'without-number',
      because: 'The baseline does not have it.',
    });
  });
});
