import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineModel, LossSpec } from '../../contract.js';
import { float32Constant } from '../graph/constants.js';
import { openOnnxModel } from '../index.js';
import { encodeModel } from '../proto/codec.js';
import type { Session } from '../session.js';
import { graphOf, modelOf, specOf } from '../../../../test/linear-model.js';
import { SessionThread } from './session-thread.js';

/** Two layers, so that a gradient depends on where it is taken. */
const network = graphOf({
  nodes: [
    { op: 'MatMul', inputs: ['x', 'w'], outputs: ['h'] },
    { op: 'Relu', inputs: ['h'], outputs: ['r'] },
    { op: 'MatMul', inputs: ['r', 'v'], outputs: ['y'] },
  ],
  constants: new Map([
    ['w', float32Constant([3, 5], waves(15))],
    ['v', float32Constant([5, 4], waves(20))],
  ]),
  inputShape: ['n', 3],
  outputShape: ['n', 4],
});

function waves(count: number, phase = 0): number[] {
  return Array.from({ length: count }, (_, i) => Math.cos(1.7 * i + phase));
}

function inputs(rows: number, phase = 0) {
  return { shape: [rows, 3], data: Float32Array.from(waves(3 * rows, phase)) };
}

function lossOf(rows: number): LossSpec {
  return { kind: 'cross-entropy', labels: Float64Array.from({ length: rows }, (_, i) => i % 4) };
}

describe('a copy of a model in a thread of its own', () => {
  const opened: EngineModel[] = [];
  let model: EngineModel;
  let copies: readonly EngineModel[];

  beforeAll(async () => {
    model = await openOnnxModel(modelOf(network), {
      ...specOf('classes', [3]),
      resources: { threads: 2, batchSize: 4 },
    });
    opened.push(model);
    copies = model.copies;
  });

  afterAll(() => Promise.all(opened.map((each) => each.dispose())));

  test('there is one for each thread', () => {
    expect(copies).toHaveLength(2);
    expect(copies.map((copy) => copy.copies)).toEqual([[], []]);
    expect(copies.map((copy) => copy.facts)).toEqual([model.facts, model.facts]);
  });

  const asked: readonly (readonly [string, (of: EngineModel, rows: number) => Promise<unknown>])[] = [
    ['scores', (of, rows) => of.scores(inputs(rows))],
    ['gradients', (of, rows) => of.gradient(inputs(rows), lossOf(rows))],
    ['rows of the Jacobian', (of, rows) => of.jacobian(inputs(rows), new Float64Array(2 * rows).fill(3))],
    ['gradients at a layer', (of, rows) => of.atLayer(inputs(rows), lossOf(rows), 'node_1')],
    ['relevance', (of, rows) => of.propagate(inputs(rows), new Float64Array(rows), { kind: 'guided-backpropagation' })],
  ];

  test.each(asked)('gives the same %s, of one batch and of several', async (_, ask) => {
    for (const rows of [1, 4, 11]) {
      const own = await ask(model, rows);
      for (const copy of copies) expect(await ask(copy, rows)).toEqual(own);
    }
  });

  test('what is asked at once is not mixed up, and stays as it was given', async () => {
    const phases = Array.from({ length: 24 }, (_, i) => i);
    const alone = [];
    for (const phase of phases)
      alone.push(await model.gradient(inputs(3 + (phase % 7), phase), lossOf(3 + (phase % 7))));
    const together = await Promise.all(
      phases.map((phase) =>
        (copies[phase % 2] ?? model).gradient(inputs(3 + (phase % 7), phase), lossOf(3 + (phase % 7))),
      ),
    );
    expect(together).toEqual(alone);
  });

  test('after its model is gone it says so', async () => {
    const other = await openOnnxModel(modelOf(network), {
      ...specOf('classes', [3]),
      resources: { threads: 2, batchSize: 4 },
    });
    const [copy] = other.copies;
    const running = copy?.scores(inputs(4));
    const settled = expect(running).rejects.toThrow(/the thread in which the model ran has ended: it was disposed of/);
    await other.dispose();
    await settled;
    await expect(copy?.scores(inputs(4))).rejects.toThrow(/it was disposed of/);
  });
});

describe('a session in a thread', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-thread-'));
  const threads: SessionThread[] = [];

  afterAll(async () => {
    await Promise.all(threads.map((thread) => thread.dispose()));
    rmSync(folder, { recursive: true });
  });

  function threadOf(program?: string): SessionThread {
    const entry = join(folder, `${threads.length}.mjs`);
    if (program !== undefined) writeFileSync(entry, program);
    const thread = program === undefined ? new SessionThread() : new SessionThread(entry);
    threads.push(thread);
    return thread;
  }

  function create(thread: SessionThread): Promise<Session> {
    return thread.createSession(encodeModel(network), { threads: 1, optimization: 'all' }, new Map());
  }

  const x = { type: 'float32', shape: [1, 3], data: Float32Array.of(1, 2, 3) } as const;

  test('knows what the runtime inferred', async () => {
    expect((await create(threadOf())).inferred).toEqual([{ name: 'y', type: 'float32', shape: [null, 4] }]);
  });

  test('fails in the words of the runtime, and serves the next', async () => {
    const session = await create(threadOf());
    const bad = { ...x, shape: [1, 2], data: Float32Array.of(1, 2) };
    await expect(session.run({ x: bad }, ['y'])).rejects.toMatchObject({
      code: 'model',
      message: expect.stringMatching(/^the model failed while it ran: .*Got: 2 Expected: 3/) as string,
    });
    const { data } = (await session.run({ x }, ['y'])).get('y') ?? {};
    expect(data).toHaveLength(4);
  });

  test('refuses in the words of the runtime what is no model', async () => {
    const thread = threadOf();
    const created = thread.createSession(Uint8Array.of(1, 2, 3), { threads: 1, optimization: 'all' }, new Map());
    await expect(created).rejects.toThrow(/^the model was refused by ONNX Runtime/);
  });

  test('results that were released are memory for the next', async () => {
    const session = await create(threadOf());
    const first = await session.run({ x }, ['y']);
    const before = first.get('y')?.data.slice();
    session.release(first);
    const second = await session.run({ x }, ['y']);
    expect(second.get('y')?.data).toEqual(before);
    session.release(second);
    await session.dispose();
  });

  test.each([
    ['throws', "throw new Error('out of luck');", /has ended: .*out of luck/],
    ['ends without a word', 'process.exit();', /has ended: it was stopped/],
  ])('of a thread that %s it says so, once and again', async (_, program, sentence) => {
    const thread = threadOf(program);
    await expect(create(thread)).rejects.toThrow(sentence);
    await expect(create(thread)).rejects.toThrow(sentence);
    await thread.dispose();
  });
});
