import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { defineDefense } from '#plugin/define';
import type { Evidence, RunContext } from '#plugin/plugin';
import { reidentificationDetails } from './re-identification-details.js';
import { takeEvidence, type ReidentificationEvidence } from './re-identification-evidence.js';
import { judgeReidentification, ReidentificationPolicy } from './re-identification-judge.js';

export const ReidentificationOptions = Type.Object(
  {
    riskThreshold: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.2,
      description: 'A record is at risk where it is found with a probability above this; 0.2 is a class of five.',
    }),
    samplingFraction: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1,
        description:
          'The share of the population that is in the table; with it the uniqueness in the population is estimated.',
      }),
    ),
    distinguishing: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.5,
      description:
        'Undeclared columns tell people apart where their different combinations are at least this share of the records.',
    }),
    columnsTogether: Type.Integer({
      minimum: 1,
      maximum: 4,
      default: 3,
      description: 'The most undeclared columns that are looked at together.',
    }),
  },
  { additionalProperties: false },
);

export type ReidentificationOptions = Static<typeof ReidentificationOptions>;

/** One in eleven, the risk of 0.09 that the European Medicines Agency (policy 0070) and Health Canada allow a public release. */
const PUBLIC = 0.091;

/** How likely somebody in the table is found again, and whether columns that nobody declared help. */
export const reidentification = defineDefense({
  id: 'anonymization/re-identification',
  area: 'data',
  title: 'People in the table are hard to find again',
  failureTitle: 'People in the table can be found again',
  description:
    'Computes the probability that a record is matched with its person: by one who knows that the person is in the table ' +
    '(prosecutor, 1 / size of the class) and by one who matches everybody (marketer). Looks for sets of columns that ' +
    'nobody declared a quasi-identifier and that tell most records apart all the same. From the share of the ' +
    'population that is in the table it estimates how many people are unique in the population.',
  sources: [
    'El Emam & Dankar 2008, Protecting privacy using k-anonymity, doi:10.1197/jamia.M2716',
    'Dankar, El Emam, Neisa & Roffey 2012, Estimating the re-identification risk of clinical data sets, doi:10.1186/1472-6947-12-66',
    'Motwani & Xu 2007, Efficient algorithms for masking and finding quasi-identifiers',
    'European Medicines Agency, policy 0070, external guidance on the anonymisation of clinical reports',
  ],
  severity: 'high',
  frameworks: {
    'eu-ai-act': ['4a(1)(a)', '4a(1)(b)', '10(2)(c)'],
    'nist-ai-rmf': ['MEASURE 2.10'],
    'iso-42001': ['A.7.2', 'A.7.4', 'A.7.6'],
    'owasp-ml': ['ML03', 'ML04'],
    'mitre-atlas': ['AML.T0024.000', 'AML.T0024.001'],
  },
  needs: [],
  data: ['table'],
  advice:
    'Declare every column that an adversary may know of a person a quasi-identifier. Then generalize them, and suppress ' +
    'the few records that still stand out, with `assay anonymize` until the highest risk is within the policy.',
  threat: null,
  texts: {
    'zh-CN': {
      title: '表中的人难以被重新识别',
      failureTitle: '表中的人可被重新识别',
      description:
        '计算一条记录被匹配到其本人的概率：攻击者知道此人在表中（检察官模型，1 / 等价类大小），或攻击者试图匹配所有人（营销者模型）。' +
        '同时查找那些未被声明为准标识符、却仍能区分大多数记录的列组合。若给出表占总体的比例，则估计有多少人在总体中是唯一的。',
      advice:
        '将攻击者可能知道的每一列都声明为准标识符。然后用 `assay anonymize` 对其泛化，并抑制仍然突出的少数记录，直到最高风险符合策略。',
      threat: null,
    },
    de: {
      title: 'Personen in der Tabelle sind schwer wiederzufinden',
      failureTitle: 'Personen in der Tabelle sind wiederzufinden',
      description:
        'Berechnet die Wahrscheinlichkeit, dass ein Datensatz seiner Person zugeordnet wird: von jemandem, der weiß, dass die ' +
        'Person in der Tabelle ist (Ankläger-Modell, 1 / Größe der Klasse), und von jemandem, der alle zuordnet ' +
        '(Vermarkter-Modell). Sucht Gruppen von Spalten, die niemand als Quasi-Identifikatoren angegeben hat und die die meisten ' +
        'Datensätze trotzdem unterscheiden. Aus dem Anteil der Grundgesamtheit, der in der Tabelle ist, wird geschätzt, wie viele ' +
        'Personen in der Grundgesamtheit einzigartig sind.',
      advice:
        'Jede Spalte, die ein Angreifer von einer Person kennen kann, als Quasi-Identifikator angeben. Diese dann mit ' +
        '`assay anonymize` vergröbern und die wenigen Datensätze, die noch herausstechen, unterdrücken, bis das höchste Risiko der ' +
        'Richtlinie genügt.',
      threat: null,
    },
  },
  options: ReidentificationOptions,
  policy: ReidentificationPolicy,
  presets: {
    baseline: { highestRisk: { atMost: 0.2 }, averageRisk: { atMost: 0.1 }, recordsAtRisk: { atMost: 0 } },
    strict: { highestRisk: { atMost: PUBLIC }, averageRisk: { atMost: 0.05 }, recordsAtRisk: { atMost: 0 } },
    'high-risk': { highestRisk: { atMost: PUBLIC }, averageRisk: { atMost: 0.05 }, recordsAtRisk: { atMost: 0 } },
  },
  optionsUnder: { strict: { riskThreshold: PUBLIC }, 'high-risk': { riskThreshold: PUBLIC } },
  cost: () => ({ predictions: 0, gradients: 0 }),
  run: evidence,
  judge: judgeReidentification,
  details: reidentificationDetails,
});

async function evidence({
  table,
  options,
}: RunContext<ReidentificationOptions>): Promise<Evidence<ReidentificationEvidence>> {
  if (table === null) {
    throw new AssayError('plugin', {
      where: 'anonymization/re-identification',
      what: 'needs a table',
      mend: 'Set `data.table`.',
    });
  }
  return { data: await takeEvidence(table, { ...options, samplingFraction: options.samplingFraction ?? null }) };
}
