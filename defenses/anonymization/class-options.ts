import { Type } from '@sinclair/typebox';
import type { MissingConvention } from './match-counts.js';

/** Options and facts that audits of a table's classes have in common. */

export const missing = Type.Unsafe<MissingConvention>({
  type: 'string',
  enum: ['own-value', 'matches-everything'],
  default: 'own-value',
  description:
    'A missing quasi-identifier equals only missing ones (own-value), or agrees with every value as in sdcMicro.',
});

export const columns = Type.Array(Type.String({ minLength: 1 }), {
  default: [],
  uniqueItems: true,
  description: 'The columns to look at, each alone. Default: all that are declared sensitive.',
});

/** Clauses about who is in a table, and what it tells of them. */
export const RE_IDENTIFICATION: Readonly<Record<string, readonly string[]>> = {
  'eu-ai-act': ['4a(1)(a)', '4a(1)(b)', '10(2)(c)'],
  'nist-ai-rmf': ['MEASURE 2.10'],
  'iso-42001': ['A.7.2', 'A.7.4', 'A.7.6'],
  'owasp-ml': ['ML03', 'ML04'],
  'mitre-atlas': ['AML.T0024.000', 'AML.T0024.001'],
};
