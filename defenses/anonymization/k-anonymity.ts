import { Type, type Static } from '@sinclair/typebox';
import { defineDefense } from '#plugin/define';
import type { Evidence, RunContext } from '#plugin/plugin';
import { tableOf } from './class-audit.js';
import { takeCensus, type KAnonymityEvidence } from './k-anonymity-census.js';
import { kAnonymityDetails } from './k-anonymity-details.js';
import { judgeKAnonymity, KAnonymityPolicy } from './k-anonymity-judge.js';
import { missing, RE_IDENTIFICATION } from './class-options.js';

export const KAnonymityOptions = Type.Object(
  {
    k: Type.Integer({ minimum: 2, default: 5, description: 'The least number of records that a class may have.' }),
    missing,
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
  frameworks: RE_IDENTIFICATION,
  needs: [],
  data: ['table'],
  advice:
    'Generalize the quasi-identifiers (years to decades, towns to regions) until the smallest class has k records. ' +
    'Suppress the few records that are left over: empty all their quasi-identifiers.',
  threat: null,
  texts: {
    'zh-CN': {
      title: '表中无人可被单独识别',
      failureTitle: '表中有人可被单独识别',
      description:
        '统计有多少条记录在所有准标识符上取值一致；准标识符是攻击者可能从别处得知的个人信息列。在至少含 k 条记录的等价类中，' +
        '任何人都无法与另外 k - 1 人区分开。至于同一等价类的成员有何共同之处，它并不说明，那是 l-多样性和 t-接近性所关注的。',
      advice:
        '对准标识符进行泛化（年份到年代，城镇到地区），直到最小的等价类含有 k 条记录。' +
        '对剩下的少数记录进行抑制：清空其全部准标识符。',
      threat: null,
    },
    de: {
      title: 'Niemand sticht aus der Tabelle heraus',
      failureTitle: 'Personen stechen aus der Tabelle heraus',
      description:
        'Zählt, wie viele Datensätze in allen Quasi-Identifikatoren übereinstimmen, den Spalten, die ein Angreifer über eine ' +
        'Person von anderswo kennen kann. In einer Klasse von mindestens k Datensätzen ist niemand von k - 1 anderen zu ' +
        'unterscheiden. Was die Mitglieder einer Klasse gemeinsam haben, sagt das nicht; darum geht es bei l-Diversität und ' +
        't-Closeness.',
      advice:
        'Die Quasi-Identifikatoren vergröbern (Jahre zu Jahrzehnten, Orte zu Regionen), bis die kleinste Klasse k Datensätze ' +
        'hat. Die wenigen übrigen Datensätze unterdrücken: alle ihre Quasi-Identifikatoren leeren.',
      threat: null,
    },
  },
  options: KAnonymityOptions,
  policy: KAnonymityPolicy,
  presets: {
    baseline: { recordsAtRisk: { atMost: 0 } },
    strict: { recordsAtRisk: { atMost: 0 } },
    'high-risk': { recordsAtRisk: { atMost: 0 } },
  },
  cost: () => ({ predictions: 0, gradients: 0 }),
  run: evidence,
  judge: judgeKAnonymity,
  details: kAnonymityDetails,
});

async function evidence(context: RunContext<KAnonymityOptions>): Promise<Evidence<KAnonymityEvidence>> {
  const table = tableOf(context, 'anonymization/k-anonymity');
  return { data: await takeCensus(table, context.options, Math.min(context.keep, MAX_EXAMPLES)) };
}
