import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { defineDefense } from '#plugin/define';
import type { Evidence, RunContext } from '#plugin/plugin';
import { takeCensus, type KAnonymityEvidence } from './k-anonymity-census.js';
import { kAnonymityDetails } from './k-anonymity-details.js';
import { judgeKAnonymity, KAnonymityPolicy } from './k-anonymity-judge.js';
import type { MissingConvention } from './match-counts.js';

export const KAnonymityOptions = Type.Object(
  {
    k: Type.Integer({ minimum: 2, default: 5, description: 'The least number of records that a class may have.' }),
    missing: Type.Unsafe<MissingConvention>({
      type: 'string',
      enum: ['own-value', 'matches-everything'],
      default: 'own-value',
      description:
        'A missing quasi-identifier equals only missing ones (own-value), or agrees with every value as in sdcMicro.',
    }),
  },
  { additionalProperties: false },
);

export type KAnonymityOptions = Static<typeof KAnonymityOptions>;

const MAX_EXAMPLES = 10;

/** Whether every record of a table shares its quasi-identifiers with at least k - 1 others (Sweeney 2002). */
export const kAnonymity = defineDefense({
  id: 'anonymization/k-anonymity',
  area: 'data',
  title: 'Nobody stands out in the table',
  failureTitle: 'People stand out in the table',
  description:
    'Counts how many records agree on all quasi-identifiers, the columns that an adversary may know of a person from ' +
    'elsewhere. In a class of at least k records nobody can be told from k - 1 others. It says nothing of what the ' +
    'members of a class have in common, which l-diversity and t-closeness are about.',
  sources: [
    'Sweeney 2002, k-anonymity: a model for protecting privacy, doi:10.1142/S0218488502001648',
    'Templ, Kowarik & Meindl 2015, Statistical disclosure control for micro-data using sdcMicro, doi:10.18637/jss.v067.i04',
  ],
  severity: 'high',
  frameworks: {
    'eu-ai-act': ['10(2)(c)', '10(5)(a)', '10(5)(b)'],
    'nist-ai-rmf': ['MEASURE 2.10'],
    'iso-42001': ['A.7.2', 'A.7.4', 'A.7.6'],
    'owasp-ml': ['ML03', 'ML04'],
    'mitre-atlas': ['AML.T0024.000', 'AML.T0024.001'],
  },
  needs: [],
  data: ['table'],
  advice:
    'Generalize the quasi-identifiers (years to decades, towns to regions) until the smallest class has k records. ' +
    'Suppress the few records that are left over: empty all their quasi-identifiers.',
  threat: null,
  options: KAnonymityOptions,
  policy: KAnonymityPolicy,
  presets: { baseline: { recordsAtRisk: { atMost: 0 } }, strict: { recordsAtRisk: { atMost: 0 } } },
  cost: () => ({ predictions: 0, gradients: 0 }),
  run: (context) => Promise.resolve(context).then(evidence),
  judge: judgeKAnonymity,
  details: kAnonymityDetails,
});

function evidence({ table, options, keep }: RunContext<KAnonymityOptions>): Evidence<KAnonymityEvidence> {
  if (table === null) {
    throw new AssayError('plugin', {
      where: 'anonymization/k-anonymity',
      what: 'needs a table',
      mend: 'Set `data.table`.',
    });
  }
  return { data: takeCensus(table, options, Math.min(keep, MAX_EXAMPLES)) };
}
