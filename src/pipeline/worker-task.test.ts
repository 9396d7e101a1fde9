import { AssayError } from '#base/errors';
import type { Plugin, RunContext, StepValue } from '#plugin/plugin';
import type { CellTask } from './worker-protocol.js';
import { cellOf, registryOf, sharePlugin } from './testing/share.js';
import { perform, type TaskPort } from './worker-task.js';

const task = (parts: Partial<CellTask> = {}): CellTask => ({
  kind: 'cell',
  cell: cellOf('test/share', { size: 3 }),
  inputs: { target: null, test: null, train: null, table: null, population: null },
  plugins: { modules: [], from: '/config.json' },
  seed: 7,
  keep: 5,
  resources: { threads: 1, batchSize: 256 },
  ...parts,
});

/** Keeps checkpoints in memory. */
function memoryPort(kept = new Map<string, StepValue>()): TaskPort & { readonly kept: Map<string, StepValue> } {
  return {
    kept,
    progress: () => undefined,
    recall: (name) => Promise.resolve(kept.get(name) ?? null),
    keep: (name, value) => {
      kept.set(name, value);
      return Promise.resolve();
    },
    reserve: () => Promise.resolve({ granted: true, left: 0 }),
  };
}
const running = (run: (context: RunContext<unknown>) => Promise<unknown>, port: TaskPort = memoryPort()) =>
  perform(task(), registryOf(sharePlugin({ run: run as Plugin['run'] })), port);

test('a plugin gets its options, its seed and what it may keep, and no target that it does not need', async () => {
  let seen: RunContext<unknown> | undefined;
  await running((context) => {
    seen = context;
    return Promise.resolve({ data: 1 });
  });
  expect(seen).toMatchObject({ options: { size: 3 }, target: null, train: null, table: null, keep: 5 });
  expect(seen?.test.indices).toEqual([]);
  expect(seen?.random.of(1).uniform()).toBe(seen?.random.of(1).uniform());
});

test('evidence is plain JSON, or the task fails with the place', async () => {
  await expect(running(() => Promise.resolve({ data: { rates: [NaN] } }))).rejects.toThrow('`data.rates[0]` is NaN');
});

test('what a plugin throws is one sentence, and an AssayError stays what it is', async () => {
  await expect(running(() => Promise.reject(new TypeError('x is not a function')))).rejects.toMatchObject({
    code: 'plugin',
    what: 'the plugin failed: x is not a function',
  });
  const refused = new AssayError('data', { what: 'no' });
  await expect(running(() => Promise.reject(refused))).rejects.toBe(refused);
});

describe('steps', () => {
  const counting = (calls: string[]) => async (context: RunContext<unknown>) => {
    const step = (name: string) =>
      context.step(name, () => {
        calls.push(name);
        return Promise.resolve({ json: { name, zero: -0 }, arrays: { x: Float32Array.of(calls.length, NaN) } });
      });
    return { data: [(await step('a')).json, (await step('b')).json] };
  };

  test('are computed once; a later attempt gets what was kept', async () => {
    const calls: string[] = [];
    const port = memoryPort();
    const first = await running(counting(calls), port);
    const again = await running(counting(calls), port);
    expect(calls).toEqual(['a', 'b']);
    expect(again).toEqual(first);
  });

  test('one that was lost is computed again, the others are not', async () => {
    const calls: string[] = [];
    const port = memoryPort();
    await running(counting(calls), port);
    port.kept.delete('b');
    await running(counting(calls), port);
    expect(calls).toEqual(['a', 'b', 'b']);
  });

  test('give the same before and after the disk', async () => {
    const port = memoryPort();
    const values: StepValue[] = [];
    const run = async (context: RunContext<unknown>) => {
      values.push(await context.step('a', () => Promise.resolve({ json: { zero: -0, gone: undefined }, arrays: {} })));
      return { data: 1 };
    };
    await running(run, port);
    await running(run, port);
    expect(values[0]).toEqual(values[1]);
    expect(Object.is((values[0]?.json as { zero: number }).zero, 0)).toBe(true);
  });

  test('with one name twice are refused', async () => {
    const run = async (context: RunContext<unknown>) => {
      for (let i = 0; i < 2; i++) await context.step('a', () => Promise.resolve({ json: i, arrays: {} }));
      return { data: 1 };
    };
    await expect(running(run)).rejects.toThrow('two steps of the cell are named `a`');
  });
});

test('a plugin that is not there is said with the closest that is', async () => {
  const other = task({ cell: cellOf('test/shore') });
  await expect(async () => perform(other, registryOf(sharePlugin()), memoryPort())).rejects.toThrow('test/share');
});
