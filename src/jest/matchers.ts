import type { MatcherResult } from './answer.js';
import type { AnonymousOptions, PassOptions, RegressionOptions, WithstandOptions } from './options.js';
import type { MatcherContext } from './paint.js';
import { passes } from './pass.js';
import { hasNoRegression } from './regression.js';
import type { Named } from './run-audit.js';

type Answer = MatcherResult | Promise<MatcherResult>;

/**
 * `await expect(target).toPassAudit('explanation/completeness', { on: samples })`
 *
 * Passes only on the verdict `pass`. An error or an inconclusive verdict fails the test, and `.not` too: that passes only
 * on the verdict `fail`. A report, the result of `audit()`, a finding or a run folder is not run again: it answers at once.
 */
export function toPassAudit(this: MatcherContext, received: unknown, audit: Named, options: PassOptions = {}): Answer {
  return passes(this, received, {
    matcher: 'toPassAudit',
    ...{ named: audit, written: options, options },
    choosing: ['options'],
  });
}

/** `await expect(target).toWithstand(pgd({ norm: 'Linf', epsilons: 0.1 }), { on: samples, robustAccuracy: 0.7 })` */
export function toWithstand(
  this: MatcherContext,
  received: unknown,
  attack: Named,
  options: WithstandOptions = {},
): Answer {
  const { robustAccuracy: atLeast, epsilon, ...rest } = options;
  const isBarred = atLeast !== undefined || epsilon !== undefined;
  return passes(this, received, {
    matcher: 'toWithstand',
    ...{ named: attack, written: options },
    options: { ...rest, thresholds: isBarred ? { robustAccuracy: { atLeast, epsilon } } : {} },
    choosing: ['options'],
  });
}

/** `await expect(table({ file: 'people.csv', roles: { age: 'quasi-identifier' } })).toBeAnonymous({ k: 5 })` */
export function toBeAnonymous(this: MatcherContext, received: unknown, options: AnonymousOptions): Answer {
  const { k, missing, atMost, ...rest } = options;
  return passes(this, received, {
    matcher: 'toBeAnonymous',
    ...{ named: 'anonymization/k-anonymity', written: options },
    options: {
      ...rest,
      options: { k, missing },
      thresholds: atMost === undefined ? {} : { recordsAtRisk: { atMost } },
    },
    choosing: ['k', 'missing'],
  });
}

/**
 * `await expect(target).toHaveNoRegression(pgd({ norm: 'Linf', epsilons: 0.1 }), { on: samples, baseline: 'assay.baseline.json' })`
 *
 * A report, the result of `audit()`, a finding or a run folder is not run again, and needs no audit: all its comparisons
 * are meant.
 */
export function toHaveNoRegression(
  this: MatcherContext,
  received: unknown,
  audit?: Named,
  options: RegressionOptions = {},
): Answer {
  return hasNoRegression(this, received, audit, options);
}
