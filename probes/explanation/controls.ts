import type { Tensor } from '#base/tensor';
import { row, rowsOf } from '#base/tensor';
import type { Rng } from '#stats/random';
import { isComplete } from './completeness-judge.js';
import { integratedGradients, type ScoreModel } from './methods/integrated-gradients.js';

/** Whether a control ended as it has to. */
export interface ControlOutcome {
  readonly id: string;
  readonly holds: boolean;
  readonly sentence: string;
}

const SIZE = 16;

/**
 * The auditor audits itself (XP-META): on a linear model, where (x - x') w is exact, the method has to pass; a random
 * and a constant map, which explain nothing, have to fail the same check.
 */
export async function runControls({ steps }: { readonly steps: number }, source: Rng): Promise<ControlOutcome[]> {
  const weights = Float64Array.from({ length: SIZE }, () => source.normal());
  const sample: Tensor = { shape: [1, SIZE], data: Float32Array.from({ length: SIZE }, () => 1 + source.uniform()) };
  const exact = await integratedGradients(linearModel(weights), sample, 0, 0, steps);
  const closedForm = row(sample, 0).map((value, i) => value * (weights[i] ?? 0));
  // float32 gradients of a linear model are its weights, rounded once.
  const isExact = exact.map.every((value, i) => Math.abs(value - (closedForm[i] ?? NaN)) < 1e-5);
  const withMap = (map: Float64Array): boolean =>
    isComplete({
      residual: map.reduce((sum, value) => sum + value, 0) - exact.difference,
      difference: exact.difference,
    });
  const scale = Math.abs(exact.difference) + 1;
  return [
    {
      id: 'control-linear',
      holds: isExact && isComplete(exact),
      sentence: 'Positive control: a linear model, whose attributions are known exactly, has to pass.',
    },
    {
      id: 'control-random',
      holds: !withMap(Float64Array.from({ length: SIZE }, () => scale * (1 + source.uniform()))),
      sentence: 'Negative control: a random attribution has to fail.',
    },
    {
      id: 'control-constant',
      holds: !withMap(new Float64Array(SIZE).fill(scale)),
      sentence: 'Negative control: a constant attribution has to fail.',
    },
  ];
}

function linearModel(weights: Float64Array): ScoreModel {
  return {
    gradient: (inputs) => {
      const rows = rowsOf(inputs);
      const gradient: Tensor = { shape: inputs.shape, data: new Float32Array(inputs.data.length) };
      const loss = new Float32Array(rows);
      for (let i = 0; i < rows; i++) {
        row(gradient, i).set(weights);
        loss[i] = row(inputs, i).reduce((sum, value, j) => sum + value * (weights[j] ?? 0), 0);
      }
      return Promise.resolve({ gradient, loss });
    },
  };
}
