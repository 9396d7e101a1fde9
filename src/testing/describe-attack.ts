import { attackConformance } from './conformance.js';
import type { AttackUnderTest } from './under-test.js';

declare const describe: (name: string, body: () => void) => void;
declare const test: (name: string, body: () => void | Promise<void>) => void;

/**
 * The conformance kit: registers tests with the global `describe`, `test` and `expect` of jest or vitest.
 *
 * They hold an attack against linear models, where a sample falls exactly when its margin is below epsilon times the
 * dual norm of a difference of weights: budget, domain, epsilon 0, closed form, determinism, independence of batch and
 * order, for all heads that it applies to; and its metadata, options and verdicts.
 */
export function describeAttack(attack: AttackUnderTest): void {
  const { plugin } = attack.configure(attack.norms[0] ?? 'Linf', 0.1);
  describe(`${plugin.id} conforms`, () => {
    for (const { name, tests } of attackConformance(attack)) {
      describe(name, () => {
        for (const each of tests) test(each.name, each.body);
      });
    }
  });
}
