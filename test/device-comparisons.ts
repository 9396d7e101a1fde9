/** What a device has to compute as the CPU does: operators and their gradients, whole models, training. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import type { Device, EngineModel, EngineTrainer, ModelBytes } from '../src/engine/contract.js';
import { openOnnxModel } from '../src/engine/onnx/index.js';
import { Comparison, type ComparisonResult } from './comparison.js';
import { differentiable, operatorCases, type OperatorCase } from './operator-cases.js';
import { dropoutsOf, fashionBatch, hashedMasks, openNetwork, trajectoryStart } from './training-fixtures.js';
import { vectorJacobian, type Reals } from './vector-jacobian.js';

/** Told what is computed next: a driver may die in it. */
type Begin = (what: string) => void;

const MODELS = join(packageRoot(), 'fixtures/models');

export async function compareOperators(
  device: Device,
  { family, cases: which }: { readonly family: string; readonly cases: 'chosen' | 'all' },
  begin: Begin,
): Promise<ComparisonResult> {
  const cases = which === 'all' ? operatorCases(family) : chosen(operatorCases(family));
  const comparison = new Comparison(begin);
  for (const stored of cases) {
    await comparison.of(`${family}: ${stored.name}`, async () => {
      const function_ = differentiable(stored);
      const onCpu = await vectorJacobian(function_, 'all');
      const onDevice = await vectorJacobian(function_, 'all', device);
      return [
        ['output', onDevice.output, onCpu.output],
        ...stored.wrt.map((name) => [name, onDevice.gradients.get(name), onCpu.gradients.get(name)] as const),
      ];
    });
  }
  return comparison.result();
}

/** The first case of each operator, and those that the provider fails at where it is let. */
function chosen(cases: readonly OperatorCase[]): readonly OperatorCase[] {
  const first = new Map(cases.toReversed().map((stored) => [stored.op, stored]));
  return cases.filter((stored) => first.get(stored.op) === stored || FAILING.has(stored.name));
}

/** Wrong, inexact or refused in ONNX Runtime 1.30 on one device or another, for each reason why a node stays on the CPU. */
const FAILING: ReadonlySet<string> = new Set([
  'sin/vector',
  'cos/vector',
  'tan/beside/1.57',
  'asinh/at/-1e+15',
  'pow/both-ways',
  'einsum/ellipsis-broadcast',
  'einsum/size-one-meets-a-sum',
  'slice/backward-by-two',
  'reduce-l1/no-axes-is-a-no-op/dropped',
  'reduce-l2/no-axes-is-a-no-op/dropped',
  'reduce-log-sum/no-axes-is-a-no-op/dropped',
  'reduce-sum-square/no-axes-is-a-no-op/dropped',
  'reduce-log-sum-exp/far-apart/dropped/one-axis',
  'resize/antialiased/linear/shrinks',
  'resize/nearest/half_pixel_symmetric/floor/shrinks',
  'resize/linear/cropped',
  'sum/leading-axes-added',
  'max/three-leading-axes-added',
  'min/three-leading-axes-added',
  'fake-quantize/vector-int8',
  'fake-quantize/blocks',
  'conv/3d-groups',
  'conv/weights/3d',
  'conv-transpose/groups-2',
  'max-pool/2x2-odd-sizes',
  'max-pool/ties-go-to-the-first/3x3-stride-1',
  'layer-normalization/scale-of-one',
  'rms-normalization/scale-of-the-last-axis',
  'simplified-layer-normalization/matrix',
  'simplified-layer-normalization/scale-of-the-last-axis',
  'instance-normalization/large-epsilon',
  'instance-normalization/image/opset-7',
  'rnn/30-steps',
  'gru/leaky-relu-steep',
  'lstm/leaky-relu-steep',
  'lstm/peepholes-clip',
]);

/** Scores, gradients and a Jacobian of a fixture model, and samples alone as among others. */
export async function compareModel(device: Device, file: string, begin: Begin): Promise<ComparisonResult> {
  const comparison = new Comparison(begin);
  const onCpu = await openFixture(file, 'cpu');
  const onDevice = await openFixture(file, device);
  const inputs = images(SAMPLES);
  const labels = Float64Array.from({ length: SAMPLES }, (_, i) => i % 2);
  const both = async (what: string, compute: (model: EngineModel) => Promise<readonly Reals[]>): Promise<void> =>
    comparison.of(`${file}: ${what}`, async () => {
      const wanted = await compute(onCpu);
      return (await compute(onDevice)).map((found, i) => [`${i}`, found, wanted[i]] as const);
    });
  await both('scores', async (each) => [(await each.scores(inputs)).data]);
  await both('gradient', async (each) => {
    const { scores, loss, gradient } = await each.gradient(inputs, { kind: 'cross-entropy', labels });
    return [scores.data, loss, gradient.data];
  });
  await both('Jacobian', async (each) => [(await each.jacobian(inputs, labels)).rows.data]);
  await comparison.of(`${file}: samples alone and among others`, async () => {
    const some = images(SAMPLES).data.slice(FIRST * PIXELS, LAST * PIXELS);
    const part = { shape: [LAST - FIRST, 1, SIDE, SIDE], data: some };
    const alone = await onDevice.gradient(part, { kind: 'cross-entropy', labels: labels.slice(FIRST, LAST) });
    const among = await onDevice.gradient(inputs, { kind: 'cross-entropy', labels });
    const differing = alone.gradient.data.filter((value, i) => value !== among.gradient.data[FIRST * PIXELS + i]);
    return [['differing values', Float32Array.of(differing.length, 1), Float32Array.of(0, 1)]];
  });
  await onCpu.dispose();
  await onDevice.dispose();
  return comparison.result();
}

/** Steps of training a network with convolutions, normalizations by the batch, dropout and dense layers. */
export async function compareTraining(device: Device, begin: Begin): Promise<ComparisonResult> {
  const comparison = new Comparison(begin);
  const start = trajectoryStart();
  const { inputs, loss } = fashionBatch(0);
  const on = async (each: Device): Promise<{ model: EngineModel; trainer: EngineTrainer }> => {
    const opened = await openNetwork(start, inputs, 1, each);
    const options = {
      optimizer: { kind: 'sgd', momentum: 0.9 },
      learningRate: { kind: 'constant', rate: 0.05 },
      weightDecay: 5e-4,
      dropout: hashedMasks(dropoutsOf(start)),
    } as const;
    return { model: opened, trainer: await opened.trainer(options) };
  };
  const onCpu = await on('cpu');
  const onDevice = await on(device);
  await comparison.of('training: gradients by weights', async () => {
    const found = await onDevice.trainer.weightGradients(inputs, loss);
    const wanted = await onCpu.trainer.weightGradients(inputs, loss);
    return [...wanted].map(([name, { data }]) => [name, found.get(name)?.data, data] as const);
  });
  await comparison.of('training: a step', async () => {
    const { loss: found } = await onDevice.trainer.step(inputs, loss);
    const { loss: wanted } = await onCpu.trainer.step(inputs, loss);
    const after = onDevice.trainer.state();
    const moved = Object.entries(onCpu.trainer.state()).map(([name, data]) => [name, after[name], data] as const);
    return [['loss', Float32Array.of(found), Float32Array.of(wanted)] as const, ...moved];
  });
  await comparison.of('training: the input gradient of what came of it', async () => {
    const found = await onDevice.trainer.inputGradient(inputs, loss);
    const wanted = await onCpu.trainer.inputGradient(inputs, loss);
    return [['gradient', found.gradient.data, wanted.gradient.data]];
  });
  for (const { model: opened, trainer } of [onCpu, onDevice]) {
    await trainer.dispose();
    await opened.dispose();
  }
  return comparison.result();
}

const SAMPLES = 12;
const FIRST = 5;
const LAST = 8;
const SIDE = 28;
const PIXELS = SIDE * SIDE;

function images(count: number): { shape: number[]; data: Float32Array } {
  const data = Float32Array.from({ length: count * PIXELS }, (_, i) => ((i * 7919) % 256) / 255);
  return { shape: [count, 1, SIDE, SIDE], data };
}

export function openFixture(file: string, device: Device): Promise<EngineModel> {
  const bytes: ModelBytes = { main: file, files: new Map([[file, readFileSync(join(MODELS, file))]]) };
  return openOnnxModel(bytes, {
    head: 'classes',
    output: null,
    normalization: { axis: 0, mean: [0.286], std: [0.353] },
    probe: images(2),
    resources: { threads: 1, batchSize: SAMPLES },
    device,
  });
}
