import { customGrad, logicalAnd, mul, reshape, sum, where, zerosLike, type Tensor } from '@tensorflow/tfjs-core';

/**
 * A function with a gradient of its own, where TensorFlow.js has none or defines another one at a kink.
 *
 * @param gradient of the inputs, from that of the result, the inputs and the result: only those outlive the forward pass
 */
export function withGradient(
  inputs: readonly Tensor[],
  value: (...inputs: readonly Tensor[]) => Tensor,
  gradient: (dy: Tensor, inputs: readonly Tensor[], y: Tensor) => Tensor[],
): Tensor {
  return customGrad((...given) => {
    // The last argument keeps what the way back needs.
    const save: unknown = given.at(-1);
    const own = given.slice(0, -1).filter(isTensor);
    const y = value(...own);
    if (isSaver(save)) save([...own, y]);
    return {
      value: y,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [result = dy] = saved.slice(-1);
        return gradient(dy, saved.slice(0, -1), result);
      },
    };
  })(...inputs);
}

function isSaver(value: unknown): value is (tensors: Tensor[]) => void {
  return typeof value === 'function';
}

function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'dataId' in value;
}

/** A function of one tensor whose slope is given. */
export function sloped(input: Tensor, value: (x: Tensor) => Tensor, slope: (x: Tensor, y: Tensor) => Tensor): Tensor {
  return withGradient(
    [input],
    (x = input) => value(x),
    (dy, [x = input], y) => [mul(dy, slope(x, y))],
  );
}

/** The gradient of a broadcast operand, from that of the result. */
export function reduceTo(gradient: Tensor, shape: readonly number[]): Tensor {
  const surplus = gradient.rank - shape.length;
  const stretched = gradient.shape.flatMap((size, axis) => {
    const own = axis < surplus ? null : shape[axis - surplus];
    return own === null || (own === 1 && size !== 1) ? [axis] : [];
  });
  return reshape(stretched.length === 0 ? gradient : sum(gradient, stretched, true), [...shape]);
}

/** `value` where the condition holds and 0 elsewhere. */
export function masked(value: Tensor, condition: Tensor): Tensor {
  return where(condition, value, zerosLike(value));
}

export function both(a: Tensor, b: Tensor): Tensor {
  return logicalAnd(a, b);
}
