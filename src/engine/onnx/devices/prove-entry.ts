// Runs in a process of its own: a driver that does not fit the machine ends, or halts, the process that loads it.
import { messageOf } from '#base/errors';
import { rowRange, type Tensor } from '#base/tensor';
import type { Device, EngineModel } from '../../contract.js';
import { openOnnxModel } from '../index.js';
import { driversInMemory } from './graphics.js';
import type { ProofMessage } from './prove.js';
import { LARGE, provingInputs, provingLabels, provingModel, SMALL, type ProvingSize } from './proving-model.js';
import { enableDevice } from './runtime.js';

/** Of the largest value; what devices promise (`Device`). */
const TOLERANCE = 1e-4;
/** A device that takes longer for the small network is slow, whatever it would take for the large one. */
const LONG_MS = 100;
const REPETITIONS = 3;

async function prove(device: Device, threads: number): Promise<ProofMessage> {
  enableDevice(device);
  const small = await compare(device, threads, SMALL);
  const times = small.milliseconds > LONG_MS ? small : await compare(device, threads, LARGE);
  return { kind: 'works', ...times, rssMiB: process.memoryUsage.rss() / 2 ** 20, drivers: driversInMemory() };
}

interface Times {
  readonly milliseconds: number;
  readonly cpuMilliseconds: number;
}

/** Scores and gradients of one batch on a device and on the CPU: equal, and how long each takes. */
async function compare(device: Device, threads: number, size: ProvingSize): Promise<Times> {
  const inputs = provingInputs(size);
  const open = (on: Device): Promise<EngineModel> => openNetwork(on, threads, size, inputs);
  const onCpu = await open('cpu');
  const onDevice = device === 'cpu' ? onCpu : await open(device);
  const difference = largestDifference(await gradients(onDevice, inputs), await gradients(onCpu, inputs));
  if (difference > TOLERANCE)
    throw new Error(`it computes something else than the CPU (by ${difference.toPrecision(2)})`);
  const milliseconds = await fastest(() => gradients(onDevice, inputs));
  const cpuMilliseconds = device === 'cpu' ? milliseconds : await fastest(() => gradients(onCpu, inputs));
  await onCpu.dispose();
  if (onDevice !== onCpu) await onDevice.dispose();
  return { milliseconds, cpuMilliseconds };
}

function openNetwork(device: Device, threads: number, size: ProvingSize, inputs: Tensor): Promise<EngineModel> {
  const model = { main: 'proof.onnx', files: new Map([['proof.onnx', provingModel(size)]]) };
  const batchSize = inputs.shape[0] ?? 1;
  return openOnnxModel(model, {
    head: 'classes',
    output: null,
    normalization: { axis: 0, mean: [0], std: [1] },
    probe: rowRange(inputs, 0, PROBE),
    resources: { threads, batchSize },
    device,
  });
}

const PROBE = 2;

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
