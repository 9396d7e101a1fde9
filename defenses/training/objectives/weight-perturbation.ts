import { AssayError } from '#base/errors';
import type { Tensor } from '#base/tensor';
import type { Trainer } from '#target/target';

/** Of the paper's code: a gradient of zero moves nothing. */
const TINY = 1e-20;

/** The present values of the weights that move, by their names: copies. */
export function weightsOf(trainer: Pick<Trainer, 'parameters' | 'state'>): Map<string, Tensor> {
  const state = trainer.state();
  const moving = trainer.parameters.filter(({ frozen }) => !frozen);
  return new Map(
    moving.map(({ name, shape }) => {
      const data = state[`value:${name}`];
      if (data === undefined)
        throw new AssayError('usage', { what: `the state of training lacks the weight \`${name}\`` });
      return [name, { shape, data }];
    }),
  );
}

/**
 * Adversarial weight perturbation (Wu et al. 2020, arXiv:2004.05884): v = gamma |w| g / |g|, which raises
 * the loss most within gamma of each weight's own L2 norm. Biases and scales, which have one dimension, are left alone.
 *
 * @param gradients of the loss of the batch, by the names of weights
 * @returns changes by name, none for weights without a gradient
 */
export function perturbation(
  gradients: ReadonlyMap<string, Tensor>,
  weights: ReadonlyMap<string, Tensor>,
  gamma: number,
): Map<string, Tensor> {
  const changes = new Map<string, Tensor>();
  for (const [name, { shape, data }] of weights) {
    const gradient = gradients.get(name);
    if (gradient === undefined || shape.length < 2) continue;
    const scale = (gamma * lengthOf(data)) / (lengthOf(gradient.data) + TINY);
    changes.set(name, scaled(gradient, scale));
  }
  return changes;
}

/** What takes changes back. */
export function negated(changes: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map([...changes].map(([name, change]) => [name, scaled(change, -1)]));
}

function scaled({ shape, data }: Tensor, scale: number): Tensor {
  const product = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) product[i] = scale * (data[i] ?? NaN);
  return { shape, data: product };
}

function lengthOf(values: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] ?? NaN) ** 2;
  return Math.sqrt(squares);
}
