import { AssayError } from '#base/errors';
import type { Optimizer } from '../contract.js';

/** How one weight moves. */
export interface Descent {
  /** What is remembered of each element between steps, by name; zeros at first. */
  readonly moments: readonly string[];
  /**
   * Moves a weight and its moments in place.
   *
   * @param gradient of the sum of losses
   * @param scale that makes it the gradient of their mean
   * @param step counted from 0
   */
  move(
    weight: Float32Array,
    gradient: Float32Array,
    moments: readonly Float32Array[],
    settings: { readonly rate: number; readonly scale: number; readonly step: number },
  ): void;
}

/**
 * Arithmetic is float64, rounded to float32 once an element is stored.
 *
 * @throws AssayError `usage` where a number has no meaning
 */
export function descentOf(optimizer: Optimizer, weightDecay: number): Descent {
  if (!(weightDecay >= 0)) refuse('weightDecay', weightDecay, 'a number that is not negative');
  return optimizer.kind === 'sgd'
    ? momentumDescent(optimizer.momentum, optimizer.nesterov ?? false, weightDecay)
    : adam(optimizer, weightDecay);
}

/** Sutskever et al. 2013, in the form of PyTorch's SGD. */
function momentumDescent(momentum: number, nesterov: boolean, decay: number): Descent {
  if (!(momentum >= 0 && momentum < 1)) refuse('momentum', momentum, 'at least 0 and below 1');
  return {
    moments: ['velocity'],
    move(weight, gradient, [velocity = NONE], { rate, scale }) {
      for (let i = 0; i < weight.length; i++) {
        const w = weight[i] ?? 0;
        const g = scale * (gradient[i] ?? 0) + decay * w;
        const v = momentum * (velocity[i] ?? 0) + g;
        velocity[i] = v;
        weight[i] = w - rate * (nesterov ? g + momentum * v : v);
      }
    },
  };
}

/** Kingma & Ba 2015, algorithm 1; `adamw` decays weights apart from the gradient (Loshchilov & Hutter 2019, algorithm 2). */
function adam(
  { kind, betas = [0.9, 0.999], epsilon = 1e-8 }: Exclude<Optimizer, { kind: 'sgd' }>,
  decay: number,
): Descent {
  const [first, second] = betas;
  for (const beta of betas) if (!(beta >= 0 && beta < 1)) refuse('betas', beta, 'at least 0 and below 1');
  if (!(epsilon >= 0)) refuse('epsilon', epsilon, 'a number that is not negative');
  const [inGradient, apart] = kind === 'adam' ? [decay, 0] : [0, decay];
  return {
    moments: ['mean', 'square'],
    move(weight, gradient, [mean = NONE, square = NONE], { rate, scale, step }) {
      const length = rate / (1 - first ** (step + 1));
      const unbiased = 1 / Math.sqrt(1 - second ** (step + 1));
      for (let i = 0; i < weight.length; i++) {
        const w = weight[i] ?? 0;
        const g = scale * (gradient[i] ?? 0) + inGradient * w;
        const m = first * (mean[i] ?? 0) + (1 - first) * g;
        const s = second * (square[i] ?? 0) + (1 - second) * g * g;
        mean[i] = m;
        square[i] = s;
        weight[i] = w - rate * apart * w - (length * m) / (Math.sqrt(s) * unbiased + epsilon);
      }
    },
  };
}

const NONE = new Float32Array();

function refuse(name: string, value: number, wanted: string): never {
  throw new AssayError('usage', { what: `\`${name}\` is ${value}: it has to be ${wanted}` });
}
