import { float } from '../../../graph/builder.js';
import { floatsOf } from '../../../graph/attributes.js';
import type { RuleContext } from '../../rule.js';

/** What a gate or a cell is put through: y = f(z). */
export interface Activation {
  readonly value: (z: string) => string;
  /** f'(z), from y alone. */
  readonly slope: (y: string) => string;
}

/** A value and, computed when it is asked for, the slope of the activation that gave it. */
export interface Activated {
  readonly value: string;
  readonly slope: () => string;
}

/** The activations of a layer, direction by direction. Each takes its parameters from where the one before it stopped. */
export function activationsOf(context: RuleContext, names: readonly string[]): Activation[] {
  const alphas = [...(floatsOf(context.node, 'activation_alpha') ?? [])];
  const betas = [...(floatsOf(context.node, 'activation_beta') ?? [])];
  return names.map((name) => {
    // The runtime does not mind the case.
    switch (name.toLowerCase()) {
      case 'tanh':
        return tanh(context);
      case 'sigmoid':
        return sigmoid(context);
      case 'relu':
        return relu(context);
      case 'leakyrelu':
        return leakyRelu(context, alphas.shift() ?? 0.01);
      case 'hardsigmoid':
        return hardSigmoid(context, alphas.shift() ?? 0.2, betas.shift() ?? 0.5);
      default:
        return context.fail(`has the activation \`${name}\``);
    }
  });
}

function tanh(context: RuleContext): Activation {
  const { builder } = context;
  return {
    value: (z) => builder.node('Tanh', [z]),
    slope: (y) => builder.node('Sub', [context.scalar(1), builder.node('Mul', [y, y])]),
  };
}

function sigmoid(context: RuleContext): Activation {
  const { builder } = context;
  return {
    value: (z) => builder.node('Sigmoid', [z]),
    slope: (y) => builder.node('Mul', [y, builder.node('Sub', [context.scalar(1), y])]),
  };
}

function relu(context: RuleContext): Activation {
  return { value: (z) => context.builder.node('Relu', [z]), slope: (y) => isPositive(context, y) };
}

/** With a falling negative side y would not say which side it is on. */
function leakyRelu(context: RuleContext, alpha: number): Activation {
  const { builder } = context;
  if (alpha < 0) return context.fail('has a LeakyRelu that falls');
  return {
    value: (z) => builder.node('LeakyRelu', [z], { alpha: float(alpha) }),
    slope: (y) => {
      const more = builder.node('Mul', [isPositive(context, y), context.scalar(1 - alpha)]);
      return builder.node('Add', [more, context.scalar(alpha)]);
    },
  };
}

/** y = min(max(alpha z + beta, 0), 1); flat where it is 0 or 1. */
function hardSigmoid(context: RuleContext, alpha: number, beta: number): Activation {
  const { builder } = context;
  return {
    value: (z) => builder.node('HardSigmoid', [z], { alpha: float(alpha), beta: float(beta) }),
    slope: (y) => {
      const inside = builder.node('And', [
        builder.node('Greater', [y, context.scalar(0)]),
        builder.node('Less', [y, context.scalar(1)]),
      ]);
      return context.masked(context.scalar(alpha), inside);
    },
  };
}

function isPositive(context: RuleContext, y: string): string {
  return context.builder.cast(context.builder.node('Greater', [y, context.scalar(0)]), 'float32');
}
