import type { LoadedPolicy } from '#config/loaded';
import { judgeCells, type CellState, type JudgeInput } from './findings.js';
import { NO_PICTURES } from './pictures.js';
import { policyOf } from './testing/planned.js';
import { cellOf, registryOf, sharePlugin } from './testing/share.js';
import type { Cell } from './types.js';

const TODAY = '2026-11-25';
const WAIVER = { audit: 'test/share', reason: 'known', owner: 'Kim', expires: '2027-01-31' };

const evidence = (hits: number, n = 200): CellState => ({ kind: 'evidence', data: { hits, n }, pictures: NO_PICTURES });

function judged(cells: readonly Cell[], states: readonly (CellState | null)[], parts: Partial<JudgeInput> = {}) {
  const known = cells.flatMap((cell, i) => {
    const state = states[i] ?? null;
    return state === null ? [] : [[cell.id, state] as const];
  });
  return judgeCells({
    cells,
    states: new Map(known),
    registry: registryOf(sharePlugin()),
    policy: policyOf(),
    today: TODAY,
    command: 'assay audit assay.config.json',
    ...parts,
  });
}
const one = (state: CellState | null, parts: Partial<JudgeInput> = {}, cell = cellOf()) =>
  judged([cell], [state], parts)[0];

test('a finding says what was found, by which bar, and how to find it again', () => {
  expect(one(evidence(150))).toMatchObject({
    cell: cellOf().id,
    audit: 'test/share',
    status: 'pass',
    title: 'Enough hold',
    claim: '150 of 200 hold.',
    command: 'assay audit assay.config.json --only test/share',
    waiver: null,
  });
  expect(one(evidence(10))).toMatchObject({ status: 'fail', title: 'Too few hold' });
});

test('findings stand in the order of the plan, one for each cell', () => {
  const cells = [1, 2, 3].map((size) => cellOf('test/share', { size }));
  const statuses = judged(cells, [evidence(150), evidence(1), evidence(150)]).map(({ status }) => status);
  expect(statuses).toEqual(['pass', 'fail', 'pass']);
});

describe('the bar', () => {
  const barOf = (policy: LoadedPolicy) => one(evidence(140), { policy })?.measures[0]?.threshold;

  test('is that of the policy file where it has one, else that of its preset', () => {
    expect(barOf(policyOf())).toMatchObject({ value: 0.5, setBy: 'preset baseline' });
    expect(barOf(policyOf({ preset: 'strict' }))).toMatchObject({ value: 0.9, setBy: 'preset strict' });
    const audits = { 'test/share': { share: { atLeast: 0.65 } } };
    expect(barOf(policyOf({ preset: 'strict', audits }))).toMatchObject({ value: 0.65, setBy: 'policy file' });
  });

  test('is not taken away by naming an audit without one', () => {
    expect(barOf(policyOf({ audits: { 'test/share': {} } }))).toMatchObject({ value: 0.5, setBy: 'preset baseline' });
  });

  test('is refused where it does not fit the plugin', () => {
    expect(() => barOf(policyOf({ audits: { 'test/share': { share: { atLeast: 'low' } } } }))).toThrow();
    expect(() => barOf(policyOf({ audits: { 'test/shore': {} } }))).toThrow('test/share');
  });
});

describe('what has no evidence is no pass', () => {
  test('a cell that the run did not come to', () => {
    expect(one(null)).toMatchObject({
      status: 'not-run',
      measures: [],
      claim: expect.stringContaining('did not come to it') as string,
    });
  });
  test('a cell that ended in an error', () => {
    expect(one({ kind: 'error', sentence: 'The worker died.' })).toMatchObject({
      status: 'error',
      claim: 'The worker died.',
    });
  });
  test('a cell that the query budget ended', () => {
    expect(one({ kind: 'inconclusive', sentence: 'The budget was used up.' })).toMatchObject({
      status: 'inconclusive',
      claim: 'The budget was used up.',
      measures: [],
    });
  });
  test('a plugin that is not loaded', () => {
    expect(one(evidence(150), { registry: registryOf() })).toMatchObject({ status: 'error', severity: 'high' });
  });
  test.each(['not-applicable', 'inconclusive', 'not-run'] as const)('a cell whose fate is %s', (kind) => {
    const cell = cellOf('test/share', {}, { kind, because: 'It is so.' });
    // Evidence that should not be there is not looked at.
    expect(one(evidence(150), {}, cell)).toMatchObject({ status: kind, claim: 'It is so.', measures: [] });
  });
  test('an audit that the policy names and the config does not', () => {
    const other = sharePlugin({ id: 'test/other' });
    const policy = policyOf({ audits: { 'test/other': {} } });
    const findings = judged([cellOf()], [evidence(150)], { policy, registry: registryOf(sharePlugin(), other) });
    expect(findings.map(({ audit, status }) => [audit, status])).toEqual([
      ['test/share', 'pass'],
      ['test/other', 'not-run'],
    ]);
  });
});

describe('a waiver', () => {
  const waived = (state: CellState | null, expires = WAIVER.expires, audit = WAIVER.audit) => {
    const registry = registryOf(sharePlugin(), sharePlugin({ id: 'test/other' }));
    return one(state, { registry, policy: policyOf({ waivers: [{ ...WAIVER, expires, audit }] }) });
  };

  test('covers any verdict but a pass, and leaves the verdict as it is', () => {
    expect(waived(evidence(1))).toMatchObject({ status: 'fail', waiver: WAIVER });
    expect(waived(null)).toMatchObject({ status: 'not-run', waiver: WAIVER });
    expect(waived({ kind: 'error', sentence: 'x' })).toMatchObject({ status: 'error', waiver: WAIVER });
    expect(waived(evidence(150))).toMatchObject({ status: 'pass', waiver: null });
  });

  test('that has expired does not count, and that is said', () => {
    const finding = waived(evidence(1), '2026-11-24');
    expect(finding).toMatchObject({ status: 'fail', waiver: null });
    expect(finding?.reasons).toContain('The waiver of Kim expired on 2026-11-24 and does not count any more.');
  });

  test('of another audit does not count', () => {
    expect(waived(evidence(1), WAIVER.expires, 'test/other')?.waiver).toBeNull();
  });
});

test('the same input gives the same findings', () => {
  const cells = [cellOf()];
  expect(judged(cells, [evidence(150)])).toEqual(judged(cells, [evidence(150)]));
});
