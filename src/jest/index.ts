import { toBeAnonymous, toHaveNoRegression, toPassAudit, toWithstand } from './matchers.js';

export {
  apgd,
  apgdT,
  autoAttack,
  bim,
  carliniWagner,
  ddn,
  deepfool,
  ensemble,
  fab,
  fabT,
  fgsm,
  fmn,
  miFgsm,
  noise,
  pgd,
  square,
} from '#attacks/evasion/index';
export { samples, table, target, type FileSamples, type FileTable, type FileTarget } from './declared.js';
export { describeAudit, type DescribeAuditOptions } from './describe-audit.js';
export type { MatcherResult } from './answer.js';
export type { AnonymousOptions, PassOptions, RegressionOptions, WithstandOptions } from './options.js';
export type { AssayAsymmetricMatchers, AssayMatchers } from './types.js';

/** For `expect.extend(matchers)`, where there is no global `expect`. */
export const matchers = { toPassAudit, toWithstand, toBeAnonymous, toHaveNoRegression };

interface Extendable {
  extend(matchers: Readonly<Record<string, unknown>>): void;
}

const { expect } = globalThis as { readonly expect?: Extendable };
expect?.extend(matchers);
