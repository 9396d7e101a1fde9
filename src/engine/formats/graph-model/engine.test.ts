/** Lowered models in the engine: they have gradients, layers and weights as models that were exported as ONNX have. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { openOnnxModel, type EngineSpec, type ModelBytes } from '#engine/index';
import { difference, noise } from '../../../../test/graph-models.js';
import { specOf } from '../../../../test/linear-model.js';
import { lowerGraphModel } from './index.js';

function fixture(name: string): ModelBytes {
  const folder = join(packageRoot(), 'fixtures', 'models', 'graph-model', name);
  const files = readdirSync(folder).map((file) => [file, new Uint8Array(readFileSync(join(folder, file)))] as const);
  return { main: 'model.json', files: new Map(files) };
}

const tokens = { shape: [4, 9], data: Float32Array.from(noise(36), (value) => Math.floor(Math.abs(value) * 20)) };

const MODELS: readonly (readonly [string, EngineSpec])[] = [
  ['cnn', specOf('classes', [16, 16, 3])],
  ['lstm', specOf('classes', [7, 4])],
  ['gru', specOf('classes', [6, 4])],
  ['transformer', { ...specOf('classes', [9]), probe: tokens }],
  ['sequence', specOf('classes', [24, 3])],
  ['volume', specOf('multi-label', [6, 6, 6, 2])],
];

test.each(MODELS)('%s is differentiated and can be trained', async (name, spec) => {
  const { model } = await lowerGraphModel(fixture(name));
  const opened = await openOnnxModel(model, spec);
  try {
    expect(opened.facts.noGradients).toBeNull();
    expect(opened.facts.noTraining).toBeNull();
    expect(opened.facts.batch).toBe('dynamic');
    const { probe } = spec;
    const scores = await opened.scores(probe);
    const rows = scores.shape[0] ?? 0;
    const labels = new Float64Array(rows * (spec.head === 'multi-label' ? (scores.shape[1] ?? 1) : 1));
    const { scores: again, gradient } = await opened.gradient(probe, { kind: 'cross-entropy', labels });
    const width = scores.shape[1] ?? 1;
    // Logits in front of a softmax, or the logarithms of what it gives: the same up to what all of a row have in common.
    const centred = (data: Float32Array): number[] =>
      Array.from(data, (value, i) => (spec.head === 'multi-label' ? value : value - (data[i - (i % width)] ?? 0)));
    expect(difference(centred(again.data), centred(scores.data))).toBeLessThan(1e-4);
    expect(gradient.data.some((value) => value !== 0)).toBe(true);
    expect((await opened.layers()).length).toBeGreaterThan(2);
  } finally {
    await opened.dispose();
  }
});

test('layers and weights have the names that TensorFlow gave them', async () => {
  const { model } = await lowerGraphModel(fixture('cnn'));
  const opened = await openOnnxModel(model, specOf('classes', [16, 16, 3]));
  try {
    const layers = (await opened.layers()).map(({ name }) => name);
    expect(layers.filter((name) => name.startsWith('assay'))).toEqual([]);
    expect(layers.some((name) => name.includes('functional_1'))).toBe(true);
    const trainer = await opened.trainer({
      optimizer: { kind: 'sgd', momentum: 0 },
      learningRate: { kind: 'constant', rate: 0.01 },
    });
    const names = trainer.parameters.map(({ name }) => name);
    await trainer.dispose();
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => name.startsWith('assay/'))).toEqual([]);
  } finally {
    await opened.dispose();
  }
});
