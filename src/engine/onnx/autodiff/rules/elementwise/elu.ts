import type { RuleContext } from '../../rule.js';
import { times } from './pointwise.js';

/** y = x for x > 0, alpha (e^x - 1) elsewhere (Clevert et al. 2015); the subgradient at 0 is alpha. */
export const elu = times((context) => slope(context, context.float('alpha', 1), 1));

/** y = gamma x for x > 0, gamma alpha (e^x - 1) elsewhere (Klambauer et al. 2017); the subgradient at 0 is gamma alpha. */
export const selu = times((context) =>
  slope(context, context.float('alpha', SELU_ALPHA), context.float('gamma', SELU_GAMMA)),
);

/** y = max(x, 0) + min(alpha (e^(x / alpha) - 1), 0) (Barron 2017); dy/dx = e^(min(x, 0) / alpha) */
export const celu = times((context) => {
  const { builder } = context;
  const alpha = context.float('alpha', 1);
  const exponent =
    alpha === 1 ? negativePart(context) : builder.node('Div', [negativePart(context), context.scalar(alpha)]);
  return builder.node('Exp', [exponent]);
});

const SELU_ALPHA = 1.6732632423543772;
const SELU_GAMMA = 1.0507009873554805;

/** gamma for x > 0, gamma alpha e^x elsewhere. */
function slope(context: RuleContext, alpha: number, gamma: number): string {
  const { builder } = context;
  const exponential = builder.node('Exp', [negativePart(context)]);
  if (alpha === 1 && gamma === 1) return exponential;
  const positive = builder.node('Greater', [context.input(0), context.scalar(0)]);
  return builder.node('Add', [
    builder.node('Mul', [exponential, context.scalar(gamma * alpha)]),
    context.masked(context.scalar(gamma * (1 - alpha)), positive),
  ]);
}

function negativePart(context: RuleContext): string {
  return context.builder.node('Min', [context.input(0), context.scalar(0)]);
}
