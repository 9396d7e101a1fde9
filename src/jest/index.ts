import type { ConfiguredPlugin } from '#plugin/plugin';
import { toWithstand, type WithstandOptions } from './matchers.js';

export { fgsm, noise, pgd } from '#attacks/evasion/index';
export { samples, target, type FileSamples, type FileTarget } from './declared.js';
export type { MatcherResult, WithstandOptions } from './matchers.js';

/** For `expect.extend(matchers)`, where there is no global `expect`. */
export const matchers = { toWithstand };

/** The matchers as the types of `expect` have them. */
export interface AssayMatchers {
  /**
   * Passes when the target withstands the attack; see {@link WithstandOptions}. Has to be awaited.
   *
   * @example await expect(model).toWithstand(pgd({ norm: 'Linf', epsilons: 0.1 }), { on: test, robustAccuracy: 0.7 });
   */
  toWithstand(attack: ConfiguredPlugin, options: WithstandOptions): Promise<void>;
}

declare global {
  // @types/jest has its matchers in this namespace.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace jest {
    // The parameters have to be the same as those of the original.
    // eslint-disable-next-line @typescript-eslint/no-unused-vars
    interface Matchers<R, T> extends AssayMatchers {}
  }
}

// For @jest/globals.
declare module 'expect' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  interface Matchers<R extends void | Promise<void>, T> extends AssayMatchers {}
}

interface Extendable {
  extend(matchers: Readonly<Record<string, unknown>>): void;
}

const { expect } = globalThis as { readonly expect?: Extendable };
expect?.extend(matchers);
