import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { ExplainEvent } from '#pipeline/explaining/decision';
import { explainProgressOn } from './explain-progress.js';
import { liveLinesOn } from './live-lines.js';

const ID = 'kernel-shap';
/** One explainer of 200 s that reports after every hundredth. */
const EVENTS: readonly (readonly [seconds: number, event: ExplainEvent])[] = [
  [0, { kind: 'explainer-started', id: ID, position: 1, total: 2 }],
  ...Array.from({ length: 100 }, (_, i): [number, ExplainEvent] => [
    2 * (i + 1),
    { kind: 'progress', id: ID, done: i + 1, total: 100 },
  ]),
  [200, { kind: 'explainer-finished', id: ID, error: null, seconds: 200 }],
];

async function shown(options: { readonly quiet: boolean; readonly terminal: boolean }): Promise<string[]> {
  const stderr = Object.assign(new PassThrough(), { isTTY: options.terminal, columns: 80 });
  const io = { cwd: '/', env: { NO_COLOR: '1' }, stdout: new PassThrough(), stderr };
  const lines = await liveLinesOn(io);
  jest.useFakeTimers({ now: 0 });
  const progress = explainProgressOn(io, { quiet: options.quiet, lines });
  for (const [seconds, event] of EVENTS) {
    jest.setSystemTime(1000 * seconds);
    progress.on(event);
  }
  progress.end();
  jest.useRealTimers();
  const text = stripVTControlCharacters((stderr.read() as Buffer | null)?.toString() ?? '');
  return text.replaceAll('\u00a0', ' ').split('\n');
}

test('where lines stay, what takes long says once a minute how far it is and how long it will take', async () => {
  expect(await shown({ quiet: false, terminal: false })).toEqual([
    '[1/2] kernel-shap',
    '      kernel-shap: 30.0 % done, about 2 min 20 s left',
    '      kernel-shap: 60.0 % done, about 1 min 20 s left',
    '      kernel-shap: 90.0 % done, about 20.0 s left',
    '      kernel-shap: done after 3 min 20 s',
    '',
  ]);
});

test('on a terminal it says so all the time', async () => {
  const lines = await shown({ quiet: false, terminal: true });
  expect(lines.filter((line) => line.includes(' left')).length).toBeGreaterThan(50);
  expect(lines.at(-2)).toBe('      kernel-shap: done after 3 min 20 s');
});

test('nothing when quiet', async () => {
  expect(await shown({ quiet: true, terminal: true })).toEqual(['']);
});
