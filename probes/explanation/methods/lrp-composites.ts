import type { Propagation } from '#engine/index';

type Composite = Extract<Propagation, { kind: 'lrp' }>['composite'];

/** Which rule of layer-wise relevance propagation holds where, by the names of Zennit. */
export type CompositeName =
  | 'epsilon'
  | 'epsilon-plus'
  | 'epsilon-plus-flat'
  | 'epsilon-gamma-box'
  | 'epsilon-alpha2-beta1'
  | 'epsilon-alpha2-beta1-flat';

const EPSILON = { kind: 'epsilon', epsilon: 1e-6 } as const;
const ALPHA2_BETA1 = { kind: 'alpha-beta', alpha: 2, beta: 1 } as const;

/**
 * A composite as Zennit has it (Anders et al. 2021, arXiv:2106.13200): epsilon 1e-6 at dense layers, gamma 0.25. What the
 * first layer does, it does there whether it is a convolution or dense.
 *
 * @param range the lowest and highest legal value of the inputs, for the box
 */
export function compositeOf(name: CompositeName, [low, high]: readonly [number, number]): Composite {
  switch (name) {
    case 'epsilon':
      return [{ at: 'any', rule: EPSILON }];
    case 'epsilon-plus':
      return [
        { at: 'convolution', rule: { kind: 'z-plus' } },
        { at: 'any', rule: EPSILON },
      ];
    case 'epsilon-plus-flat':
      return [{ at: 'first', rule: { kind: 'flat' } }, ...compositeOf('epsilon-plus', [low, high])];
    case 'epsilon-gamma-box':
      return [
        { at: 'first', rule: { kind: 'z-b', low, high } },
        { at: 'convolution', rule: { kind: 'gamma', gamma: 0.25 } },
        { at: 'any', rule: EPSILON },
      ];
    case 'epsilon-alpha2-beta1':
      return [
        { at: 'convolution', rule: ALPHA2_BETA1 },
        { at: 'any', rule: EPSILON },
      ];
    case 'epsilon-alpha2-beta1-flat':
      return [{ at: 'first', rule: { kind: 'flat' } }, ...compositeOf('epsilon-alpha2-beta1', [low, high])];
  }
}
