import { row, rowsOf, zeros } from '#base/tensor';
import type { ScoreModel } from '../probes/explanation/methods/score-model.js';

/** A model of one score as a function of some values, with its gradient by hand. */
export function scoreFunction(
  score: (x: Float32Array) => number,
  slope: (x: Float32Array) => readonly number[],
): ScoreModel {
  return {
    gradient: (inputs) => {
      const gradient = zeros(inputs.shape);
      const loss = new Float32Array(rowsOf(inputs));
      for (let i = 0; i < loss.length; i++) {
        loss[i] = score(row(inputs, i));
        row(gradient, i).set(slope(row(inputs, i)));
      }
      return Promise.resolve({ gradient, loss });
    },
  };
}
