import type { Cell, RunEvent } from '#pipeline/types';
import { colorsFor, printLine, type Io } from './io.js';
import type { LiveLines } from './live-lines.js';
import { formatDuration, formatPercent } from '#reports/format';
import { oneLine } from './print/text.js';
import { beginning, further, secondsLeft, type Pace } from './pace.js';

/** Listens to a run and shows how far it is, on stderr. */
export interface Progress {
  readonly on: (event: RunEvent) => void;
  /** Leaves the terminal as it was found: call it however the run ended. */
  readonly end: () => void;
}

export interface ProgressOptions {
  readonly quiet: boolean;
  /** Of a terminal. */
  readonly lines: LiveLines | null;
}

/** A live list on a terminal, plain lines elsewhere, nothing when quiet. */
export function progressOn(io: Io, { quiet, lines }: ProgressOptions): Progress {
  if (quiet) return { on: (event) => warn(io, event), end: () => undefined };
  return lines === null ? plainLines(io) : liveList(io, lines);
}

/** Warnings are no progress: they are shown even when quiet. */
function warn(io: Io, event: RunEvent): void {
  if (event.kind === 'warning') printLine(io.stderr, `assay: warning: ${oneLine(event.sentence)}`);
}

/** Where lines stay, what takes long says so this often. */
export const LINE_MS = 60_000;

function plainLines(io: Io): Progress {
  let total = 0;
  const underWay = new Map<string, { readonly pace: Pace; readonly saidAt: number }>();
  const on = (event: RunEvent) => {
    warn(io, event);
    if (event.kind === 'run-started') {
      total = cellsThatRun(event.plan.cells).length;
      const begin = event.resumed ? 'Going on with' : 'Running';
      printLine(io.stderr, `${begin} ${total} cells in ${oneLine(event.folder)}${sizeOf(event.evidenceBytes)}`);
    }
    if (event.kind === 'cell-started') {
      printLine(io.stderr, `[${event.position}/${total}] ${describe(event.cell)}`);
      underWay.set(event.cell.id, { pace: beginning, saidAt: Date.now() });
    }
    if (event.kind === 'cell-progress') {
      const { cell, done } = event;
      const now = Date.now();
      const { pace, saidAt } = underWay.get(cell.id) ?? { pace: beginning, saidAt: now };
      const next = { pace: further(pace, done, now), saidAt: now - saidAt < LINE_MS ? saidAt : now };
      underWay.set(cell.id, next);
      if (next.saidAt !== saidAt) printLine(io.stderr, `      ${describe(cell)}: ${howFar(event, next.pace, now)}`);
    }
    if (event.kind === 'cell-finished') {
      const how = event.outcome.kind === 'evidence' ? 'done' : `${event.outcome.kind}: ${event.outcome.sentence}`;
      printLine(io.stderr, `      ${describe(event.cell)}: ${oneLine(how)} after ${formatDuration(event.seconds)}`);
    }
  };
  return { on, end: () => undefined };
}

interface Far {
  readonly done: number;
  readonly total: number;
  readonly pace: Pace;
}

type Row = { readonly cell: Cell } & (
  | { readonly state: 'waiting' }
  | { readonly state: 'running'; readonly since: number; readonly far: Far }
  | { readonly state: 'done' | 'error' | 'inconclusive'; readonly seconds: number }
);

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 120;
const BAR_WIDTH = 20;

function liveList(io: Io, update: LiveLines): Progress {
  const colors = colorsFor(io.stderr, io.env);
  const rows = new Map<string, Row>();
  let frame = 0;

  const line = (row: Row): string => {
    const name = describe(row.cell);
    switch (row.state) {
      case 'waiting':
        return colors.dim(`· ${name}`);
      case 'running': {
        const now = Date.now();
        const { done, total, pace } = row.far;
        const mark = colors.cyan(FRAMES[frame % FRAMES.length] ?? '·');
        const times = [formatDuration((now - row.since) / 1000), ...timeLeft(row.far, pace, now)].join(', ');
        return `${mark} ${name}  ${bar(done / Math.max(1, total))} ${colors.dim(times)}`;
      }
      case 'done':
        return `${colors.green('✓')} ${name}  ${colors.dim(formatDuration(row.seconds))}`;
      case 'inconclusive':
        return `${colors.yellow('?')} ${name}  ${colors.dim(formatDuration(row.seconds))}`;
      case 'error':
        return `${colors.red('!')} ${name}  ${colors.dim(formatDuration(row.seconds))}`;
    }
  };
  const draw = () => update([...rows.values()].map(line).join('\n'));
  const timer = setInterval(() => {
    frame++;
    draw();
  }, FRAME_MS);
  timer.unref();

  const on = (event: RunEvent) => {
    if (event.kind === 'warning') {
      update.clear();
      warn(io, event);
    }
    change(rows, event);
    draw();
  };
  const end = () => {
    clearInterval(timer);
    draw();
    update.done();
  };
  return { on, end };
}

function change(rows: Map<string, Row>, event: RunEvent): void {
  switch (event.kind) {
    case 'run-started':
      for (const cell of cellsThatRun(event.plan.cells)) rows.set(cell.id, { cell, state: 'waiting' });
      break;
    case 'cell-started':
      rows.set(event.cell.id, { cell: event.cell, state: 'running', since: Date.now(), far: NOTHING_DONE });
      break;
    case 'cell-progress': {
      const row = rows.get(event.cell.id);
      if (row?.state !== 'running') break;
      const { done, total } = event;
      rows.set(event.cell.id, { ...row, far: { done, total, pace: further(row.far.pace, done, Date.now()) } });
      break;
    }
    case 'cell-finished': {
      const state = event.outcome.kind === 'evidence' ? 'done' : event.outcome.kind;
      rows.set(event.cell.id, { cell: event.cell, state, seconds: event.seconds });
      break;
    }
    case 'report-written':
    case 'warning':
      break;
  }
}

const NOTHING_DONE: Far = { done: 0, total: 1, pace: beginning };

/** The share that is done, and how much longer it takes as soon as that can be told. */
export function howFar({ done, total }: Pick<Far, 'done' | 'total'>, pace: Pace, now: number): string {
  const share = formatPercent(Math.min(1, done / Math.max(1, total)));
  return [`${share} done`, ...timeLeft({ done, total }, pace, now)].join(', ');
}

/** Nothing as long as nobody can tell. */
function timeLeft({ done, total }: Pick<Far, 'done' | 'total'>, pace: Pace, now: number): string[] {
  const seconds = secondsLeft(pace, total - done, now);
  return seconds === null ? [] : [`about ${formatDuration(seconds)} left`];
}

function cellsThatRun(cells: readonly Cell[]): readonly Cell[] {
  return cells.filter(({ fate }) => fate.kind === 'run');
}

/** A plugin's id, with what tells its cells apart. */
export function describe({ audit, options }: Cell): string {
  const facts = ['method', 'norm', 'epsilon', 'epsilons', 'steps'].flatMap((key) => {
    const value = options[key];
    return value === undefined || (typeof value === 'object' && !Array.isArray(value))
      ? []
      : [`${key} ${String(value)}`];
  });
  return oneLine(facts.length === 0 ? audit : `${audit} (${facts.join(', ')})`);
}

function bar(share: number): string {
  const full = Math.round(BAR_WIDTH * Math.min(1, Math.max(0, share)));
  return '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
}

/** A run says its size before it starts. */
function sizeOf(bytes: number | undefined): string {
  return bytes === undefined ? '' : ` (evidence: at most ${(bytes / 2 ** 20).toFixed(1)} MiB)`;
}
