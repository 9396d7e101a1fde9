import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssayError } from '#base/errors';
import type { StoredSamples } from '#data/streams/stored-samples';
import type { StepValue } from '#plugin/plugin';
import type { Task } from './worker-protocol.js';
import { runInWorker, type WorkerOptions } from './worker.js';
import { cellOf } from './testing/share.js';

// The parent's side, against real processes that misbehave. The child's side is tested in worker-task.test.ts, and both
// together in run.e2e.ts.

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-worker-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TASK: Task = {
  kind: 'cell',
  cell: cellOf(),
  inputs: { target: null, test: null, train: null, table: null, population: null },
  plugins: { modules: [], from: '/config.json' },
  seed: 7,
  keep: 64,
  resources: { threads: 1, batchSize: 256 },
};

let programs = 0;
/** Runs a program whose body handles the first message, `task`. */
function run(body: string, options: Partial<WorkerOptions> = {}, task: Task = TASK) {
  const entry = join(folder, `${programs++}.mjs`);
  writeFileSync(
    entry,
    `const say = (message) => new Promise((done) => process.send(message, done));
     const done = { kind: 'done', result: { kind: 'evidence', evidence: { data: 1 } }, peakMiB: 5 };
     process.once('message', async ({ task }) => { ${body} });`,
  );
  return runInWorker(task, { memoryMiB: 256, minutes: 1, entry, ...options });
}
const stuck = 'for (;;) {}';

/** Whether a process is there. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('gives the result, and the process is gone although it would have stayed', async () => {
  let pid = 0;
  const result = await run(
    `await say({ kind: 'progress', done: process.pid, total: task.seed }); await say(done); setInterval(() => {}, 1000);`,
    { onProgress: (done) => (pid = done) },
  );
  expect(result).toMatchObject({ result: { kind: 'evidence', evidence: { data: 1 } }, peakMiB: 5 });
  expect(pid).toBeGreaterThan(0);
  expect(isAlive(pid)).toBe(false);
});

test('typed arrays cross to the last bit', async () => {
  const { result } = await run(
    `await say({ ...done, result: { kind: 'evidence', evidence: { data: Float32Array.of(NaN, -0, 1e-45) } } });`,
  );
  expect(result).toEqual({ kind: 'evidence', evidence: { data: Float32Array.of(NaN, -0, 1e-45) } });
});

test('a result that was said before the process died counts', async () => {
  await expect(run(`await say(done); process.abort();`)).resolves.toMatchObject({ peakMiB: 5 });
});

test('checkpoints are asked for and kept where the parent says', async () => {
  const kept = new Map<string, StepValue>([['known', { json: 1, arrays: { x: Float32Array.of(2) } }]]);
  const checkpoints = {
    recall: (name: string) => kept.get(name) ?? null,
    keep: (name: string, value: StepValue) => void kept.set(name, value),
  };
  const { result } = await run(
    `const answers = [];
     process.on('message', ({ call, value }) => { answers[call] = value; });
     const answered = async (message) => { await say(message); while (!(message.call in answers)) await new Promise(setImmediate); return answers[message.call]; };
     const known = await answered({ kind: 'recall', call: 1, name: 'known' });
     const unknown = await answered({ kind: 'recall', call: 2, name: 'unknown' });
     await answered({ kind: 'keep', call: 3, name: 'new', value: known });
     await say({ ...done, result: { kind: 'evidence', evidence: { data: [known, unknown] } } });`,
    { checkpoints },
  );
  expect(result).toMatchObject({ evidence: { data: [kept.get('known'), null] } });
  expect(kept.get('new')).toEqual(kept.get('known'));
});

test('a disk that refuses a checkpoint ends the process and is what is thrown', async () => {
  const full = new AssayError('output', { what: 'the disk is full' });
  const checkpoints = {
    recall: () => null,
    keep: () => {
      throw full;
    },
  };
  const body = `await say({ kind: 'keep', call: 1, name: 'a', value: { json: 1, arrays: {} } }); ${stuck}`;
  await expect(run(body, { checkpoints })).rejects.toBe(full);
});

test('what the task threw arrives whole', async () => {
  const error = { code: 'operator', what: 'no kernel', where: 'model.onnx', mend: 'Export it again.' };
  await expect(run(`await say({ kind: 'failed', error: ${JSON.stringify(error)} });`)).rejects.toMatchObject({
    ...error,
    message: 'model.onnx: no kernel. Export it again.',
  });
});

describe('a process that dies is one sentence', () => {
  test.each<[string, string, RegExp]>([
    ['by a crash', 'process.abort();', /died \(SIGABRT\).*native library/],
    ['by a segmentation fault', `process.kill(process.pid, 'SIGSEGV'); ${stuck}`, /died \(SIGSEGV\)/],
    ['by itself', 'process.exit(7);', /died \(exit code 7\)/],
    ['by an error that nobody caught', `throw new Error('x');`, /died \(exit code 1\)/],
    ['from outside', `process.kill(process.pid, 'SIGKILL'); ${stuck}`, /killed from outside/],
    ['by its watchdog', `process.kill(process.pid, 'SIGUSR2'); ${stuck}`, /limit of 256 MiB of memory/],
    ['at its heap limit', 'const all = []; for (;;) all.push(new Array(1e5).fill(0.5));', /limit of 256 MiB of memory/],
    [
      'without memory for an array',
      `console.error('terminate: std::bad_alloc'); process.abort();`,
      /256 MiB of memory/,
    ],
  ])('%s', async (_name, body, sentence) => {
    const thrown = await run(body).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ name: 'AssayError', code: 'worker' });
    expect((thrown as Error).message).toMatch(sentence);
    expect((thrown as Error).message).not.toContain('\n');
  });

  test('that cannot be started', async () => {
    const thrown = await runInWorker(TASK, { memoryMiB: 256, minutes: 1, entry: join(folder, 'nowhere.mjs') }).catch(
      (error: unknown) => error,
    );
    expect(thrown).toMatchObject({ code: 'worker' });
  });
});

test('one that takes too long is ended', async () => {
  await expect(run(stuck, { minutes: 0.005 })).rejects.toThrow(/longer than its limit of 0\.005 minutes.*cellMinutes/);
});

test('a limit of more than 25 days is no limit of a millisecond', async () => {
  await expect(run(`setTimeout(() => say(done), 200);`, { minutes: 1e6 })).resolves.toBeDefined();
});

test.each(['SIGINT', 'SIGTERM'])(
  '%s, which the whole group gets, is an interruption and no error of the cell',
  async (signal) => {
    await expect(run(`process.kill(process.pid, '${signal}'); ${stuck}`)).rejects.toMatchObject({
      code: 'interrupted',
    });
  },
);

test('the signal of the caller ends it, before and while it runs', async () => {
  await expect(run(stuck, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'interrupted' });
  const controller = new AbortController();
  const running = run(`await say({ kind: 'progress', done: 1, total: 2 }); ${stuck}`, {
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(running).rejects.toMatchObject({ code: 'interrupted' });
});

test('files of samples are inherited without a name, and the task says their numbers there', async () => {
  const fileOf = (text: string) => {
    const path = join(folder, text);
    writeFileSync(path, text);
    const descriptor = openSync(path, 'r');
    rmSync(path);
    return descriptor;
  };
  const labels = { width: 1, values: new Float64Array(0) };
  const samples = (descriptor: number): StoredSamples => ({
    ...{ shape: [1], labels, indices: [], groups: [] },
    inputs: { kind: 'file', descriptor, levels: null },
  });
  const [test, train] = [fileOf('inputs of test'), fileOf('inputs of train')];
  const read = `
    const { readFileSync } = await import('node:fs');
    const texts = [task.inputs.test, task.inputs.train].map(({ inputs }) => readFileSync(inputs.descriptor, 'utf8'));
    await say({ ...done, result: { kind: 'evidence', evidence: { data: texts } } });`;
  const task = { ...TASK, inputs: { ...TASK.inputs, test: samples(test), train: samples(train) } };
  expect(await run(read, {}, task)).toMatchObject({
    result: { evidence: { data: ['inputs of test', 'inputs of train'] } },
  });
  // Those of the parent stay what they are.
  expect(task.inputs.test.inputs).toEqual({ kind: 'file', descriptor: test, levels: null });
  closeSync(test);
  closeSync(train);
});
