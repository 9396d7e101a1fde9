import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { Digest } from '#base/digest';
import type { Cell, Plan, RunEvent } from '#pipeline/types';
import { liveLinesOn } from './live-lines.js';
import { progressOn } from './progress.js';

function cell(audit: string, fate: Cell['fate'] = { kind: 'run' }): Cell {
  const id = `${audit}-id` as Digest;
  return {
    id,
    audit,
    options: { norm: 'Linf', epsilons: [0.1], other: {} },
    data: ['test'],
    cost: { predictions: 1, gradients: 1 },
    place: null,
    fate,
  };
}

const first = cell('evasion/fgsm');
const second = cell('evasion/pgd');
const plan: Plan = {
  cells: [first, cell('text/typos', { kind: 'not-applicable', because: 'images' }), second],
  target: null,
  data: [],
  seed: 0,
  digest: 'plan' as Digest,
};

const EVENTS: readonly RunEvent[] = [
  { kind: 'run-started', folder: 'assay-runs/x', plan, resumed: false },
  { kind: 'cell-started', cell: first, position: 1 },
  { kind: 'cell-progress', cell: first, done: 50, total: 100 },
  { kind: 'warning', sentence: 'the disk is slow\u001b[2J' },
  { kind: 'cell-finished', cell: first, outcome: { kind: 'evidence', digest: 'e' as Digest }, seconds: 3.14 },
  { kind: 'cell-started', cell: second, position: 2 },
  { kind: 'cell-finished', cell: second, outcome: { kind: 'error', sentence: 'out of memory' }, seconds: 61 },
  { kind: 'report-written', files: ['report.json'] },
];

async function shown(options: { quiet: boolean; terminal?: boolean }): Promise<string> {
  const stderr = Object.assign(new PassThrough(), { isTTY: options.terminal ?? false, columns: 80 });
  const io = { cwd: '/', env: { NO_COLOR: '1' }, stdout: new PassThrough(), stderr };
  const progress = progressOn(io, { quiet: options.quiet, lines: await liveLinesOn(io) });
  for (const event of EVENTS) progress.on(event);
  progress.end();
  return (stderr.read() as Buffer | null)?.toString() ?? '';
}

test('elsewhere than on a terminal, cells start and end on lines of their own', async () => {
  expect((await shown({ quiet: false })).replaceAll('\u00a0', ' ').split('\n')).toEqual([
    'Running 2 cells in assay-runs/x',
    '[1/2] evasion/fgsm (norm Linf, epsilons 0.1)',
    'assay: warning: the disk is slow\\u{001B}[2J',
    '      evasion/fgsm (norm Linf, epsilons 0.1): done after 3.1 s',
    '[2/2] evasion/pgd (norm Linf, epsilons 0.1)',
    '      evasion/pgd (norm Linf, epsilons 0.1): error: out of memory after 1 min 1 s',
    '',
  ]);
});

test('quiet shows warnings only', async () => {
  expect(await shown({ quiet: true })).toBe('assay: warning: the disk is slow\\u{001B}[2J\n');
});

test('on a terminal each cell that runs has one row, which ends with its outcome', async () => {
  const lines = stripVTControlCharacters(
    (await shown({ quiet: false, terminal: true })).replaceAll('\u00a0', ' '),
  ).split('\n');
  expect(lines.findLast((line) => line.includes('fgsm'))).toBe('✓ evasion/fgsm (norm Linf, epsilons 0.1)  3.1 s');
  expect(lines.findLast((line) => line.includes('pgd'))).toBe('! evasion/pgd (norm Linf, epsilons 0.1)  1 min 1 s');
  expect(lines.join('\n')).not.toContain('text/typos');
  expect(lines.join('\n')).toContain('██████████░░░░░░░░░░');
});

describe('a cell that takes long says how long it still takes', () => {
  beforeEach(() => jest.useFakeTimers({ now: 0 }));
  afterEach(() => jest.useRealTimers());

  /** What is shown of a cell that does one of ten in each 20 seconds, for 80 seconds. */
  async function shownOfSlow(isTTY: boolean): Promise<string> {
    const stderr = Object.assign(new PassThrough(), { isTTY, columns: 100 });
    const io = { cwd: '/', env: { NO_COLOR: '1' }, stdout: new PassThrough(), stderr };
    const progress = progressOn(io, { quiet: false, lines: await liveLinesOn(io) });
    progress.on({ kind: 'run-started', folder: 'x', plan: { ...plan, cells: [first] }, resumed: false });
    progress.on({ kind: 'cell-started', cell: first, position: 1 });
    for (let done = 1; done <= 4; done++) {
      jest.setSystemTime(20_000 * done);
      progress.on({ kind: 'cell-progress', cell: first, done, total: 10 });
    }
    progress.end();
    return stripVTControlCharacters((stderr.read() as Buffer).toString()).replaceAll('\u00a0', ' ');
  }

  test('on a terminal beside its bar', async () => {
    expect((await shownOfSlow(true)).split('\n').findLast((line) => line.includes('fgsm'))).toMatch(
      /████████░{12} 1 min 20 s, about 2 min 0 s left$/,
    );
  });

  test('elsewhere on a line of its own, once a minute', async () => {
    const lines = (await shownOfSlow(false)).split('\n');
    expect(lines.filter((line) => line.includes('left'))).toEqual([
      '      evasion/fgsm (norm Linf, epsilons 0.1): 30.0 % done, about 2 min 20 s left',
    ]);
  });
});
