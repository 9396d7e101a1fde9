import {
  exportedBytes,
  exportedInputs,
  exportedModelNames,
  exportedSpec,
  openExported,
  readExported,
} from '../../../../test/exported-models.js';
import { largest, largestDifference } from '../../../../test/training-fixtures.js';
import type { EngineGradient, EngineInputs, EngineModel, LossSpec, TrainingOptions } from '../../contract.js';
import type { Graph } from '../graph/ir.js';
import { openOnnxModel } from '../index.js';
import { decodeModel } from '../proto/codec.js';

const OPTIONS: TrainingOptions = { optimizer: { kind: 'adam' }, learningRate: { kind: 'constant', rate: 1e-3 } };
const STEPS = 10;
/** Of the largest value: other passes, and so another order of sums. */
const TOLERANCE = 1e-4;
/** Models whose weights are no float32 numbers. */
const UNTRAINABLE = ['unit/cnn-half', 'unit/cnn-mixed', 'unit/cnn-quantized'];
const TIMEOUT = 600_000;

interface Descent {
  readonly losses: readonly number[];
  readonly gradient: EngineGradient;
  readonly file: Uint8Array;
  readonly moved: readonly string[];
}

async function descend(model: EngineModel, inputs: EngineInputs, loss: LossSpec): Promise<Descent> {
  const trainer = await model.trainer({ ...OPTIONS, batchNormalization: 'running' });
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) losses.push((await trainer.step(inputs, loss)).loss);
  const gradient = await trainer.inputGradient(inputs, loss);
  const moved = trainer.parameters.map(({ name }) => name);
  const file = trainer.file();
  await trainer.dispose();
  return { losses, gradient, file, moved };
}

function structure({ nodes, opsets, inputs, outputs, constants }: Graph): unknown {
  return {
    nodes,
    opsets,
    inputs,
    outputs,
    constants: [...constants].map(([name, { type, shape }]) => ({ name, type, shape })),
  };
}

describe('whole models lower their loss, and what is written back is the same graph with other weights', () => {
  const names = exportedModelNames('unit');

  test.each(names.filter((name) => !UNTRAINABLE.includes(name)))(
    '%s',
    async (name) => {
      const stored = readExported(name);
      const inputs = exportedInputs(stored);
      const loss: LossSpec = { kind: 'cross-entropy', labels: Float64Array.from(stored.labels) };
      const model = await openExported(name, stored);
      expect(model.facts.noTraining).toBeNull();
      const { losses, gradient, file, moved } = await descend(model, inputs, loss);
      await model.dispose();
      expect(losses.at(-1)).toBeLessThan(0.9 * (losses[0] ?? NaN));
      expect(moved.length).toBeGreaterThan(1);
      const files = { main: name, files: new Map([[name, file]]) };
      const again = await openOnnxModel(files, exportedSpec(stored));
      const found = await again.gradient(inputs, loss);
      await again.dispose();
      for (const [own, wanted] of [
        [found.loss, gradient.loss],
        [found.gradient.data, gradient.gradient.data],
      ] as const) {
        expect(largestDifference(own, wanted) / largest(wanted)).toBeLessThan(TOLERANCE);
      }
      expect(structure(decodeModel(files))).toEqual(structure(decodeModel(exportedBytes(name, stored))));
    },
    TIMEOUT,
  );

  test.each(names.filter((name) => UNTRAINABLE.includes(name)))('%s says why it is not trained', async (name) => {
    const model = await openExported(name, readExported(name));
    expect(model.facts.noTraining).not.toBeNull();
    await expect(model.trainer(OPTIONS)).rejects.toThrow(model.facts.noTraining ?? 'no reason');
    await model.dispose();
  });
});
