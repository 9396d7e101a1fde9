import type { RunResult } from '#pipeline/types';
import type { Finding, Report } from '#report/report';
import type { AnonymousOptions, PassOptions, RegressionOptions, WithstandOptions } from './options.js';
import type { Named } from './run-audit.js';

/** What was found before the test, which matchers answer from at once; the text is the folder of a finished run. */
type Recorded = Report | RunResult | Finding | string;

/** An audit has to be awaited. */
type Answer<T> = T extends Recorded ? undefined : Promise<void>;

/** The matchers as the types of `expect` have them, for a received value of type T. */
export interface AssayMatchers<T = unknown> {
  /**
   * Passes when the audit ends in `pass`; see {@link PassOptions}. Has to be awaited, unless what is received is a report, the
   * result of `audit()`, a finding or a run folder.
   *
   * @example await expect(model).toPassAudit('explanation/completeness', { on: test });
   */
  toPassAudit(audit: Named, options?: PassOptions): Answer<T>;
  /**
   * Passes when the target withstands the attack; see {@link WithstandOptions}. Has to be awaited.
   *
   * @example await expect(model).toWithstand(pgd({ norm: 'Linf', epsilons: 0.1 }), { on: test, robustAccuracy: 0.7 });
   */
  toWithstand(attack: Named, options?: WithstandOptions): Answer<T>;
  /**
   * Passes when every record of a table agrees with k - 1 others on all quasi-identifiers; see {@link AnonymousOptions}.
   *
   * @example await expect(table({ file: 'people.csv', roles: { age: 'quasi-identifier' } })).toBeAnonymous({ k: 5 });
   */
  toBeAnonymous(options: AnonymousOptions): Answer<T>;
  /**
   * Passes when no rate has become worse than in the baseline by more than chance; see {@link RegressionOptions}.
   *
   * @example await expect(model).toHaveNoRegression(pgd({ norm: 'Linf', epsilons: 0.1 }), { on: test, baseline: 'assay.baseline.json' });
   */
  toHaveNoRegression(audit?: Named, options?: RegressionOptions): Answer<T>;
}

/** The same as parts of an expected value: they stand for a finding, a report or the result of `audit()`. */
export interface AssayAsymmetricMatchers {
  /** @example expect(report.findings).toContainEqual(expect.toPassAudit('evasion/pgd')); */
  toPassAudit(audit: Named, options?: Pick<PassOptions, 'options'>): unknown;
  /** @example expect(report.findings).toContainEqual(expect.toHaveNoRegression('evasion/pgd')); */
  toHaveNoRegression(audit?: Named): unknown;
}

declare global {
  // @types/jest has its matchers in this namespace.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace jest {
    // The parameters have to be the same as those of the original.
    // eslint-disable-next-line @typescript-eslint/no-unused-vars
    interface Matchers<R, T> extends AssayMatchers<T> {}
    interface Expect extends AssayAsymmetricMatchers {}
    interface InverseAsymmetricMatchers extends AssayAsymmetricMatchers {}
  }
}

// For @jest/globals and vitest. A project need not have them, and only this comment also stands in the published types.
// eslint-disable-next-line @typescript-eslint/ban-ts-comment
/** @ts-ignore */
declare module 'expect' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  interface Matchers<R extends void | Promise<void>, T> extends AssayMatchers<T> {}
  interface AsymmetricMatchers extends AssayAsymmetricMatchers {}
}

// eslint-disable-next-line @typescript-eslint/ban-ts-comment
/** @ts-ignore */
declare module 'vitest' {
  // The parameter has to be the same as that of the original.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  interface Assertion<T = any> extends AssayMatchers<T> {}
  interface AsymmetricMatchersContaining extends AssayAsymmetricMatchers {}
}
