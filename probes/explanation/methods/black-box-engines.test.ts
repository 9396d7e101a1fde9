/** Closed forms of methods that ask for scores only, with the models as ONNX graphs on both engines. */
import type { Tensor } from '#base/tensor';
import { rng } from '#stats/random';
import { largestDifference, multiLayerModel, oneConvolutionModel } from '../../../test/coalition-games.js';
import { specOf } from '../../../test/linear-model.js';
import { onBoth } from '../../../test/tfjs-models.js';
import type { EngineModel, EngineSpec, ModelBytes } from '../../../src/engine/contract.js';
import { ablation } from './coalitions/ablation.js';
import type { CoalitionGame } from './coalitions/game.js';
import { kernelCoalitions } from './coalitions/kernel-coalitions.js';
import { kernelRegression, kernelShap } from './coalitions/kernel-shap.js';
import { maskingGame } from './coalitions/masking-game.js';
import { exactShapley } from './coalitions/shapley.js';
import { occlusion } from './occlusion.js';

const tensorOf = (shape: readonly number[], values: ArrayLike<number>): Tensor => ({
  shape,
  data: Float32Array.from(values),
});

function game(engine: EngineModel, sample: Tensor, baseline: ArrayLike<number>, of: readonly number[]): CoalitionGame {
  const names = Array.from({ length: Math.max(...of) + 1 }, (_, i) => `feature ${i}`);
  return maskingGame(
    { predict: (inputs) => engine.scores(inputs) },
    { sample, score: 0, features: { names, of: Int32Array.from(of) }, background: tensorOf(sample.shape, baseline) },
  );
}

async function onEach(
  model: ModelBytes,
  spec: EngineSpec,
  work: (engine: EngineModel) => Promise<void>,
): Promise<void> {
  await onBoth(model, spec, async ({ tfjs, onnx }) => {
    await work(onnx);
    await work(tfjs);
  });
}

/** 1e-6 of the largest value. */
function expectNear(values: ArrayLike<number>, expected: readonly number[]): void {
  expect(largestDifference(values, expected)).toBeLessThan(1e-6 * Math.max(...expected.map(Math.abs)));
}

const third = 1 / 3;

test('a network of one hidden layer', async () => {
  const x = tensorOf([1, 3], [20, 50, 30]);
  const shapley = [76 + 2 * third, 196 + 2 * third, 116 + 2 * third];
  await onEach(multiLayerModel, specOf('regression', [3]), async (engine) => {
    const each = game(engine, x, [0, 0, 0], [0, 1, 2]);
    const together = game(engine, x, [4, 4, 4], [0, 0, 1]);
    expectNear(await ablation(each), [80, 200, 120]);
    expectNear(await ablation(together), [248, 104]);
    expectNear((await exactShapley(each)).values, shapley);
    expectNear((await exactShapley(game(engine, x, [10, 20, 10], [0, 1, 2]))).values, [40, 120, 80]);
    const regression = kernelRegression(kernelCoalitions(3, 6, true, rng('all')));
    expectNear((await kernelShap(each, regression)).values, shapley);
    const near = game(engine, tensorOf([1, 3], [2, 10, 3]), [0, 0, 0], [0, 1, 2]);
    expectNear((await kernelShap(near, regression)).values, [7, 32.5, 10.5]);
    const scores = async (inputs: Tensor) => firstScores(await engine.scores(inputs));
    const options = { window: [2], strides: [1], overlaps: 'mean' } as const;
    expectNear((await occlusion(scores, x, new Float32Array(3).fill(10), options)).values, [200, 220, 240]);
  });
});

test('a convolution', async () => {
  // 1 more than the closed form's picture, to which it adds a picture of ones.
  const x = tensorOf(
    [1, 1, 4, 4],
    Array.from({ length: 16 }, (_, i) => i + 1),
  );
  const halves = Array.from({ length: 16 }, (_, i) => (i < 8 ? 0 : 1));
  await onEach(oneConvolutionModel, specOf('regression', [1, 4, 4]), async (engine) => {
    const zeros = new Float32Array(16);
    expectNear(await ablation(game(engine, x, zeros, new Array<number>(16).fill(0))), [67]);
    const scores = async (inputs: Tensor) => firstScores(await engine.scores(inputs));
    const options = { window: [1, 4, 4], strides: [1, 1, 1], overlaps: 'mean' } as const;
    expectNear((await occlusion(scores, x, zeros, options)).values, new Array<number>(16).fill(67));
    const rows = { window: [1, 2, 4], strides: [1, 2, 1], overlaps: 'mean' } as const;
    const ones = new Float32Array(16).fill(1);
    expectNear((await occlusion(scores, x, ones, rows)).values, [
      ...new Array<number>(8).fill(17),
      ...new Array<number>(8).fill(67),
    ]);
    // Alone the upper half is worth nothing and the lower one 22 + 28 - 3: they share what is left of 67.
    expectNear((await exactShapley(game(engine, x, zeros, halves))).values, [10, 57]);
  });
});

function firstScores({ data, shape: [rows = 0] }: Tensor): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => data[(i * data.length) / rows] ?? NaN);
}
