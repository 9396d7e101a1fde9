import { registerGradient, zeros, type GradConfig, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';

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

/** Lets gradients pass by what a comparison decides: it is a step function, and its own gradient is 0. */
export function registerStepGradients(): void {
  for (const [kernelName, inputs] of Object.entries(STEPS)) registerGradient(stepGradient(kernelName, inputs));
}

function stepGradient(kernelName: string, inputsToSave: readonly string[]): GradConfig {
  return {
    kernelName,
    inputsToSave: [...inputsToSave],
    gradFunc: (_dy: Tensor | Tensor[], saved: Tensor[]): NamedGradients =>
      Object.fromEntries(inputsToSave.map((name, i) => [name, () => zeros(saved[i]?.shape ?? [])])),
  };
}

type NamedGradients = Record<string, () => NamedTensorMap[string]>;
