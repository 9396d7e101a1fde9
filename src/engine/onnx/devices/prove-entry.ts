// Runs in a process of its own: a driver that does not fit the machine ends, or halts, the process that loads it.
import { messageOf } from '#base/errors';
import type { Tensor } from '#base/tensor';
import type { Device, EngineModel, EngineSpec } from '../../contract.js';
import { openOnnxModel } from '../index.js';
import { driversInMemory } from './graphics.js';
import type { ProofMessage } from './prove.js';
import { provingInputs, provingLabels, provingModel } from './proving-model.js';
import { enableDevice } from './runtime.js';

/** Of the largest value; what devices promise (`Device`). */
const TOLERANCE = 1e-4;
/** A device that takes longer for one batch is slow, whatever a second one would take. */
const LONG_MS = 2000;
const REPETITIONS = 3;

async function prove(device: Device, threads: number): Promise<ProofMessage> {
  enableDevice(device);
  const model = { main: 'proof.onnx', files: new Map([['proof.onnx', provingModel()]]) };
  const inputs = provingInputs();
  const open = (on: Device): Promise<EngineModel> =>
    openOnnxModel(model, {
      ...SPEC,
      probe: inputs,
      resources: { threads, batchSize: inputs.shape[0] ?? 1 },
      device: on,
    });
  const tested = await open(device);
  const found = await gradients(tested, inputs);
  if (device !== 'cpu') {
    const reference = await open('cpu');
    const difference = largestDifference(found, await gradients(reference, inputs));
    await reference.dispose();
    if (difference > TOLERANCE)
      throw new Error(`it computes something else than the CPU (${difference.toPrecision(2)})`);
  }
  const milliseconds = await fastest(() => gradients(tested, inputs));
  const drivers = driversInMemory();
  await tested.dispose();
  return { kind: 'works', milliseconds, rssMiB: process.memoryUsage.rss() / 2 ** 20, drivers };
}

const SPEC = {
  head: 'classes',
  output: null,
  normalization: { axis: 0, mean: [0], std: [1] },
} as const satisfies Partial<EngineSpec>;

async function gradients(model: EngineModel, inputs: Tensor): Promise<readonly Float32Array[]> {
  const { scores, gradient } = await model.gradient(inputs, { kind: 'cross-entropy', labels: provingLabels() });
  return [scores.data, gradient.data];
}

function largestDifference(found: readonly Float32Array[], wanted: readonly Float32Array[]): number {
  const differences = wanted.map((values, i) => {
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return values.reduce((most, value, k) => Math.max(most, Math.abs(value - (found[i]?.[k] ?? NaN))), 0) / scale;
  });
  return differences.every((difference) => difference >= 0) ? Math.max(...differences) : Infinity;
}

async function fastest(work: () => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < REPETITIONS; i++) {
    const start = performance.now();
    await work();
    least = Math.min(least, performance.now() - start);
    if (least > LONG_MS) break;
  }
  return least;
}

const result = await prove(process.argv[2] as Device, Number(process.argv[3])).catch(
  (thrown: unknown): ProofMessage => ({ kind: 'fails', sentence: messageOf(thrown) }),
);
// Drivers have threads that keep a process alive.
process.send?.(result, () => process.exit());
