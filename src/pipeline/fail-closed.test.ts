import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssayError } from '#base/errors';
import { loadPolicy } from '#config/policy';
import type { Verdict } from '#plugin/plugin';
import type { Registry } from '#plugin/registry';
import { blessRun } from './baseline/bless.js';
import { exitCodeOf } from './exit-codes.js';
import { Journal } from './journal.js';
import { judgeRun } from './judge.js';
import { checkResumable, evidenceFolder } from './run-folder.js';
import { BITS, bitsCell, bitsPlugin, runFolder } from './testing/outcomes.js';
import { policyOf, TODAY } from './testing/planned.js';
import { cellOf, registryOf, sharePlugin } from './testing/share.js';
import type { GateOptions } from './types.js';

/** Every way to which a gate could fail open, tried: none may end in 0. A run that passes stands at the top as control. */

let out: string;
beforeEach(() => (out = mkdtempSync(join(tmpdir(), 'assay-closed-'))));
afterEach(() => rmSync(out, { recursive: true, force: true }));

const CELL = bitsCell();
const GOOD = { bits: '1'.repeat(200) };
const good = (parts: Parameters<typeof runFolder>[2] = {}): string => runFolder(out, [[CELL, GOOD]], parts);

/** What `assay gate` would end with. */
function codeOf(folder: string, options: GateOptions = {}, registry: Registry = BITS): number {
  try {
    return judgeRun(folder, registry, options).gate.exitCode;
  } catch (thrown) {
    // What is not refused on purpose is a defect.
    if (!(thrown instanceof AssayError)) throw thrown;
    return exitCodeOf(thrown);
  }
}

/** A registry in which the judge of `test/bits` gives this. */
const judging = (verdict: (passing: Verdict) => unknown): Registry => {
  const plugin = bitsPlugin();
  return registryOf(bitsPlugin({ judge: (data, policy) => verdict(plugin.judge(data, policy)) as Verdict }));
};

test('control: a run in which all is well passes', () => {
  expect(codeOf(good())).toBe(0);
});

describe('a plugin', () => {
  test.each([
    [
      'throws in its judge',
      () => {
        throw new Error('broken');
      },
    ],
    ['answers nothing', () => undefined],
    ['answers a promise', () => Promise.resolve({})],
    ['passes without a number', (passing: Verdict) => ({ ...passing, measures: [] })],
    ['passes on a number that is NaN', (passing: Verdict) => withMeasure(passing, { value: NaN })],
    ['passes on no number', (passing: Verdict) => withMeasure(passing, { value: null })],
    [
      'passes on a number that no bar was held against',
      (passing: Verdict) => withMeasure(passing, { threshold: null }),
    ],
    ['passes on zero samples', (passing: Verdict) => withMeasure(passing, { n: 0 })],
    ['passes on fewer samples than the policy asks for', (passing: Verdict) => withMeasure(passing, { n: 99 })],
    ['passes below its bar', (passing: Verdict) => withCompared(passing, 0.1)],
    ['passes with NaN against its bar', (passing: Verdict) => withCompared(passing, NaN)],
    [
      'passes though a control did not hold',
      (passing: Verdict) => ({ ...passing, signs: [{ id: 's', holds: false, sentence: 'No.' }] }),
    ],
    ['gives a status that is none', (passing: Verdict) => ({ ...passing, status: 'PASS' })],
  ])('that %s', (_, verdict) => {
    expect(codeOf(good(), {}, judging(verdict))).toBeGreaterThan(0);
  });

  test('that cannot show its evidence', () => {
    const details = () => {
      throw new Error('broken');
    };
    expect(codeOf(good(), {}, registryOf(bitsPlugin({ details })))).toBe(2);
  });

  test('that is not loaded', () => {
    expect(codeOf(good(), {}, registryOf(sharePlugin()))).toBe(2);
  });

  test('that threw while it ran', () => {
    const folder = runFolder(out, [[CELL, null]]);
    const journal = Journal.open(folder);
    const outcome = { kind: 'error', sentence: 'The plugin failed: broken.' } as const;
    const at = '2026-11-25T04:00:00.000Z';
    journal.append({ kind: 'cell-finished', at, cell: CELL.id, seconds: 1, peakMiB: null, outcome });
    journal.close();
    expect(codeOf(folder)).toBe(2);
  });

  test('that has no bars for the preset', () => {
    const presets = { baseline: {}, strict: {} } as never;
    const registry = registryOf(bitsPlugin({ presets }));
    const report = judgeRun(good(), registry, { policy: policyOf({ preset: 'high-risk' }) });
    expect(report.gate.exitCode).toBe(2);
    expect(report.findings[0]?.claim).toBe(
      'The plugin has no bars for the preset high-risk; set thresholds for test/bits in the policy.',
    );
  });

  test('that the config names and that does not apply', () => {
    const unfit = cellOf('test/share', {}, { kind: 'not-applicable', because: 'It is for images.' });
    expect(
      codeOf(
        runFolder(out, [
          [CELL, GOOD],
          [unfit, null],
        ]),
      ),
    ).toBe(2);
  });

  test('that the policy names and that does not apply, or was not planned', () => {
    const policy = policyOf({ audits: { 'test/share': {} } });
    expect(codeOf(good(), { policy })).toBe(2);
  });
});

describe('evidence', () => {
  test('of zero samples', () => {
    expect(codeOf(runFolder(out, [[CELL, { bits: '' }]]))).toBe(2);
  });

  test('that was changed on the disk', () => {
    const folder = good();
    const file = join(evidenceFolder(folder, CELL), 'evidence.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('1111', '1011'));
    expect(codeOf(folder)).toBe(2);
  });

  test('that was taken away', () => {
    const folder = good();
    rmSync(evidenceFolder(folder, CELL), { recursive: true });
    expect(codeOf(folder)).toBe(2);
  });

  test('of a cell that the run did not come to', () => {
    expect(
      codeOf(
        runFolder(out, [
          [CELL, GOOD],
          [cellOf(), null],
        ]),
      ),
    ).toBe(2);
  });

  test('of nothing at all', () => {
    const left = cellOf('test/bits', {}, { kind: 'not-run', because: 'left out by --only.' });
    expect(codeOf(runFolder(out, [[left, null]]))).toBe(3);
    expect(codeOf(runFolder(out, []))).toBe(3);
  });
});

describe('a journal', () => {
  test.each([1, 20, 200])('that lost its last %i bytes', (bytes) => {
    const folder = good();
    const file = join(folder, 'journal.jsonl');
    truncateSync(file, readFileSync(file).length - bytes);
    expect(codeOf(folder)).toBe(2);
  });

  test('that is empty, or gone', () => {
    const folder = good();
    truncateSync(join(folder, 'journal.jsonl'), 0);
    expect(codeOf(folder)).toBe(2);
    rmSync(join(folder, 'journal.jsonl'));
    expect(codeOf(folder)).toBe(2);
  });

  test('in which a byte was changed', () => {
    const folder = good();
    const file = join(folder, 'journal.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"seconds":1', '"seconds":2'));
    expect(codeOf(folder)).toBeGreaterThan(0);
  });
});

describe('a policy', () => {
  const refused = async (text: string) => {
    const file = join(out, 'policy.json');
    writeFileSync(file, text);
    return exitCodeOf(await loadPolicy(file).catch((thrown: unknown) => thrown));
  };

  test.each([
    ['an unknown key', '{ "minimumSample": 1000 }'],
    ['an unknown preset', '{ "preset": "stricter" }'],
    ['an unknown severity', '{ "failures": { "hihg": 1 } }'],
    ['a negative number of accepted failures', '{ "failures": { "low": -1 } }'],
    ['an unknown rule against the baseline', '{ "regression": { "aplha": 0.1 } }'],
    ['a waiver without a date', '{ "waivers": [{ "audit": "test/bits", "reason": "r", "owner": "o" }] }'],
    [
      'a waiver without a reason',
      '{ "waivers": [{ "audit": "test/bits", "reason": " ", "owner": "o", "expires": "2027-01-31" }] }',
    ],
    ['nothing', ''],
  ])('with %s is refused', async (_, text) => {
    expect(await refused(text)).toBe(4);
  });

  test.each([
    ['thresholds of', { audits: { 'test/bit': {} } }],
    ['an unknown threshold of', { audits: { 'test/bits': { sahre: { atLeast: 0.1 } } } }],
    ['a waiver of', { waivers: [{ audit: 'test/bit', reason: 'r', owner: 'o', expires: '2027-01-31' }] }],
    [
      'a waiver of a comparison with',
      { waivers: [{ audit: 'regression/test/bit', reason: 'r', owner: 'o', expires: '2027-01-31' }] },
    ],
  ])('with %s a plugin that is none is refused', (_, parts) => {
    expect(codeOf(good(), { policy: policyOf(parts) })).toBe(4);
  });

  test('with a waiver that has expired, or covers another audit', () => {
    const folder = runFolder(out, [[CELL, { bits: '0'.repeat(200) }]]);
    const waiver = { audit: 'test/bits', reason: 'r', owner: 'o', expires: TODAY };
    const by = (parts: Partial<typeof waiver>, today: string) =>
      codeOf(folder, { today, policy: policyOf({ waivers: [{ ...waiver, ...parts }] }) });
    expect(by({}, TODAY)).toBe(0);
    expect(by({}, '2026-11-26')).toBe(1);
    expect(by({ audit: 'test/share' }, TODAY)).toBe(1);
    expect(by({ expires: '9999' }, TODAY)).toBe(1);
    expect(by({ owner: ' ' }, TODAY)).toBe(1);
  });
});

describe('a baseline', () => {
  const blessed = () => ({ file: 'b.json', text: blessRun(good(), BITS).text });

  test('control: of the same run it passes', () => {
    expect(codeOf(good({ loaded: { baseline: blessed() } }))).toBe(0);
  });

  test('that is cut off, of another version, or of nothing', () => {
    const { file, text } = blessed();
    for (const spoilt of ['', text.slice(0, 300), text.replace('"version": 1', '"version": 9'), '{}']) {
      expect(codeOf(good(), { baseline: { file, text: spoilt } })).toBe(4);
    }
  });

  test('of an audit that this run does not have, or has with other options', () => {
    const folder = runFolder(out, [[cellOf('test/bits', { size: 2 }), GOOD]], { loaded: { baseline: blessed() } });
    expect(codeOf(folder)).toBe(2);
  });

  test('that the policy has rules for and the config does not name', () => {
    expect(codeOf(good(), { policy: policyOf({ regression: { alpha: 0.05, drop: 0 } }) })).toBe(2);
  });
});

describe('a run folder', () => {
  test('of another plan is not gone on with', () => {
    expect(() => checkResumable(good(), 'f'.repeat(64) as never)).toThrow('this run was planned from another target');
  });

  test('of another version of Assay, or that is none', () => {
    const folder = good();
    const file = join(folder, 'plan.json');
    const plan = readFileSync(file, 'utf8');
    writeFileSync(file, plan.replace('"version": 2', '"version": 1'));
    expect(codeOf(folder)).toBe(4);
    writeFileSync(file, plan.replace(/("name": "assay",\s*"version": )"[^"]*"/, '$1"0.0.1"'));
    expect(codeOf(folder)).toBe(4);
    expect(codeOf(join(out, 'nowhere'))).toBe(4);
  });
});

function withMeasure(verdict: Verdict, parts: object): unknown {
  return { ...verdict, measures: verdict.measures.map((measure) => ({ ...measure, ...parts })) };
}

function withCompared(verdict: Verdict, compared: number): unknown {
  const [measure] = verdict.measures;
  return withMeasure(verdict, { threshold: { ...measure?.threshold, compared, holds: true } });
}
