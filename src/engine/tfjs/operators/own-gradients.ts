import {
  broadcast_util,
  getGradient,
  registerGradient,
  reshape,
  sum,
  zeros,
  type GradConfig,
  type NamedTensorMap,
  type Tensor,
} from '@tensorflow/tfjs-core';

/** Kernels that compare, by the names of their inputs. TensorFlow.js leaves their gradients out. */
const STEPS: Readonly<Record<string, readonly string[]>> = {
  Equal: ['a', 'b'],
  NotEqual: ['a', 'b'],
  Greater: ['a', 'b'],
  Less: ['a', 'b'],
  LessEqual: ['a', 'b'],
  LogicalAnd: ['a', 'b'],
  LogicalOr: ['a', 'b'],
  LogicalNot: ['x'],
};

/** Kernels whose gradients TensorFlow.js gives in the shape of the result where an input was smaller and repeated. */
const UNSUMMED = ['BatchMatMul', 'Maximum', 'Minimum', 'SquaredDifference'];

/**
 * Registers the gradients that TensorFlow.js lacks or has wrong, for what is executed operator by operator and for models that it
 * executes as they are. Once for a process: a second time changes nothing.
 */
export function registerOwnGradients(): void {
  if (isRegistered) return;
  isRegistered = true;
  for (const [kernelName, inputs] of Object.entries(STEPS)) registerGradient(stepGradient(kernelName, inputs));
  for (const kernelName of UNSUMMED) registerGradient(summedGradient(kernelName));
  registerGradient(TILE);
}

let isRegistered = false;

/** Sums what TensorFlow.js gives over the axes along which an input was repeated. */
function summedGradient(kernelName: string): GradConfig {
  const own = getGradient(kernelName);
  return {
    ...own,
    gradFunc: (dy, saved, attributes) =>
      Object.fromEntries(
        Object.entries(own.gradFunc(dy, saved, attributes)).map(([name, gradient]) => {
          const shape = saved[own.inputsToSave?.indexOf(name) ?? -1]?.shape ?? [];
          return [name, () => summedTo(shape, gradient())];
        }),
      ),
  };
}

function summedTo(shape: number[], gradient: Tensor): Tensor {
  const axes = broadcast_util.getReductionAxes(shape, gradient.shape);
  return axes.length === 0 ? gradient : reshape(sum(gradient, axes), shape);
}

/** Of any rank: TensorFlow.js has it for four axes at most. */
const TILE: GradConfig = {
  kernelName: 'Tile',
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attributes): NamedGradients => {
    const repeats = attributes['reps'] as number[];
    const shape = x?.shape ?? [];
    const apart = shape.flatMap((size, axis) => [repeats[axis] ?? 1, size]);
    const axes = shape.map((_, axis) => 2 * axis);
    return { x: () => reshape(sum(reshape(dy as Tensor, apart), axes), shape) };
  },
};

/** Lets gradients pass by what a comparison decides: it is a step function, and its own gradient is 0. */
function stepGradient(kernelName: string, inputsToSave: readonly string[]): GradConfig {
  return {
    kernelName,
    inputsToSave: [...inputsToSave],
    gradFunc: (_dy: Tensor | Tensor[], saved: Tensor[]): NamedGradients =>
      Object.fromEntries(inputsToSave.map((name, i) => [name, () => zeros(saved[i]?.shape ?? [])])),
  };
}

type NamedGradients = Record<string, () => NamedTensorMap[string]>;
