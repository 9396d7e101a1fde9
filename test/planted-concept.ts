import type { Rng } from '#stats/random';
import type { Tensor } from '#base/tensor';
import type { ModelBytes } from '#engine/index';
import { float32Constant } from '../src/engine/onnx/graph/constants.js';
import { graphOf, modelOf } from './linear-model.js';

/** Values of an input, and units of each of its layers. */
export const WIDTH = 8;

/**
 * A network of three dense layers, `encode`, `mix` and `head`, in which the first input value raises score 0 through the first
 * unit of `encode`, and the last value reaches the last unit of `encode` and nothing behind it. Other weights are random.
 */
export function plantedConcept(source: Rng): ModelBytes {
  const weights = (rows: number, columns: number, at: (row: number, column: number) => number) =>
    float32Constant(
      [rows, columns],
      Array.from({ length: rows * columns }, (_, i) => at(Math.floor(i / columns), i % columns)),
    );
  const encode = weights(WIDTH, WIDTH, (row, column) => (row === column ? 1 : 0));
  const mix = weights(WIDTH, WIDTH, (row) => {
    if (row === WIDTH - 1) return 0;
    return row === 0 ? 0.5 + Math.abs(source.normal()) / 2 : source.normal() / 3;
  });
  const head = weights(WIDTH, 2, (_, column) => (column === 0 ? Math.abs(source.normal()) : source.normal()));
  return modelOf(
    graphOf({
      nodes: [
        { op: 'Gemm', inputs: ['x', 'encode.weight'], outputs: ['a'] },
        { op: 'Gemm', inputs: ['a', 'mix.weight'], outputs: ['b'] },
        { op: 'Relu', inputs: ['b'], outputs: ['c'] },
        { op: 'Gemm', inputs: ['c', 'head.weight'], outputs: ['y'] },
      ],
      constants: new Map([
        ['encode.weight', encode],
        ['mix.weight', mix],
        ['head.weight', head],
      ]),
      inputShape: ['n', WIDTH],
      outputShape: ['n', 2],
    }),
  );
}

/** Normal inputs, one value of all of them shifted: those of a concept. */
export function conceptInputs(rows: number, source: Rng, value = 0, shift = 0): Tensor {
  const data = Float32Array.from({ length: rows * WIDTH }, () => source.normal());
  for (let i = 0; i < rows; i++) data[i * WIDTH + value] = (data[i * WIDTH + value] ?? NaN) + shift;
  return { shape: [rows, WIDTH], data };
}
