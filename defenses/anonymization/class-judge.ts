import { Type, type Static } from '@sinclair/typebox';
import { counted, grouped, percent } from '#base/format';
import type { JudgePolicy, Verdict } from '#plugin/plugin';
import type { Measure } from '#report/report';
import type { ClassAuditEvidence, ModelEvidence, PopulationEvidence } from './class-audit.js';
import {
  commonReasons,
  CONVENTIONS,
  NO_QUASI_IDENTIFIER,
  NO_RECORDS,
  suppressedSentence,
  undecided,
  type Unjudged,
  verdictBy,
} from './words.js';

export const ClassPolicy = Type.Object(
  {
    recordsAtRisk: Type.Object(
      {
        atMost: Type.Number({
          minimum: 0,
          maximum: 1,
          description: 'Share of records that may be in classes in which the model does not hold.',
        }),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

export type ClassPolicy = Static<typeof ClassPolicy>;

export const CLASS_PRESETS = {
  baseline: { recordsAtRisk: { atMost: 0 } },
  strict: { recordsAtRisk: { atMost: 0 } },
  'high-risk': { recordsAtRisk: { atMost: 0 } },
} as const;

/** Fails where more records than the policy allows are in classes in which a model does not hold. */
export function judgeClasses(data: ClassAuditEvidence, policy: JudgePolicy<ClassPolicy>): Verdict {
  const nothing = nothingToJudge(data);
  if (nothing !== null) return undecided(nothing);
  return verdictBy(measuresOf(data, policy), {
    claim: claimOf(data, policy.thresholds.recordsAtRisk.atMost),
    reasons: commonReasons(data, ownReasons(data)),
  });
}

function nothingToJudge(data: ClassAuditEvidence): Unjudged | null {
  const { population, models, records, suppressed } = data;
  if (data.quasiIdentifiers.length === 0) return NO_QUASI_IDENTIFIER;
  if (records === 0) return NO_RECORDS;
  if (population !== null && population.lacking.length > 0) return lackingColumns(population);
  if (models.length === 0) {
    return {
      claim: 'No column is declared sensitive, so there is nothing that a class could tell of its members.',
      reasons: [
        'Declare what must not be learned of a person, as in `data.table.roles: { "diagnosis": "sensitive" }`.',
      ],
    };
  }
  const empty = models.find(({ known }) => known === 0);
  if (empty !== undefined) {
    return {
      claim: `The column ${empty.column ?? ''} has no value at all, so nothing can be said of how its values are spread.`,
      reasons: ['Give the column as it is to be released, or another role.'],
    };
  }
  if (suppressed === records) {
    return {
      claim: 'No record has a quasi-identifier left, so there is no class to look at.',
      reasons: [suppressedSentence(suppressed)],
    };
  }
  return population === null ? null : strangeTable(data, population);
}

function lackingColumns({ lacking }: PopulationEvidence): Unjudged {
  return {
    claim: `The population has no column ${lacking.join(', ')}, so it cannot be compared with the table.`,
    reasons: ['Give `data.population` every quasi-identifier of the table, by the same name.'],
  };
}

function strangeTable(data: ClassAuditEvidence, { people, strangers }: PopulationEvidence): Unjudged | null {
  if (people === 0) {
    return {
      claim: 'The population has no records with a quasi-identifier.',
      reasons: ['Name the file that holds the people in `data.population.file`.'],
    };
  }
  if (strangers < data.records - data.suppressed) return null;
  return {
    claim: 'Nobody of the population agrees with any record of the table, so one is not of the other.',
    reasons: ['Generalize `data.population` as the table is generalized, and write values in the same way.'],
  };
}

function claimOf(data: ClassAuditEvidence, atMost: number): string {
  const n = inClasses(data);
  const { population, recordsAtRisk, missing } = data;
  const models = listed(data.models.map(({ name }) => name));
  const convention = CONVENTIONS[missing];
  const absent = absentSentence(population);
  if (recordsAtRisk === 0) {
    return `${n === 1 ? 'The 1 record is' : `Each of ${grouped(n)} records is`} in a class with ${models} (${convention})${absent}.`;
  }
  const share = `${grouped(recordsAtRisk)} of ${counted(n, 'record')} (${percent(recordsAtRisk / n)})`;
  const bar = atMost === 0 ? 'none' : `at most ${percent(atMost)}`;
  return `${share} ${recordsAtRisk === 1 ? 'is' : 'are'} in classes without ${models} (${convention}); the policy allows ${bar}${absent}.`;
}

function absentSentence(population: PopulationEvidence | null): string {
  if (population === null || !population.absentCount || population.absent === 0) return '';
  const { absent, people } = population;
  return `; ${grouped(absent)} of ${counted(people, 'person', 'people')} of the population are known not to be in the table`;
}

function ownReasons({ models, population }: ClassAuditEvidence): string[] {
  const columns = models.filter(({ column }) => column !== null);
  return [
    ...models.filter(({ reachable }) => reachable === false).map(unreachable),
    ...(columns.length > 1
      ? ['Each sensitive column was looked at alone: one who knows the value of one may learn more of another.']
      : []),
    ...(population !== null && population.strangers > 0
      ? [
          `${counted(population.strangers, 'record')} of the table ${population.strangers === 1 ? 'agrees' : 'agree'} with nobody of the population.`,
        ]
      : []),
  ];
}

function unreachable({ name }: ModelEvidence): string {
  return `Even all records as one class would not have ${name}: no generalization of the quasi-identifiers can reach it.`;
}

function inClasses({ records, suppressed }: ClassAuditEvidence): number {
  return records - suppressed;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

function measuresOf(data: ClassAuditEvidence, { thresholds, setBy }: JudgePolicy<ClassPolicy>): Measure[] {
  const n = inClasses(data);
  const { atMost } = thresholds.recordsAtRisk;
  const barred = (id: string, label: string, part: number, whole: number): Measure => {
    const share = whole === 0 ? 0 : part / whole;
    const threshold = { comparison: 'at-most', value: atMost, compared: share, holds: share <= atMost, setBy } as const;
    return { id, label, value: share, format: 'rate', n: whole, interval: null, threshold };
  };
  const { population } = data;
  return [
    barred('records-at-risk', 'Records in classes in which the model does not hold', data.recordsAtRisk, n),
    ...(population?.absentCount === true
      ? [barred('people-known-absent', 'People known not to be in the table', population.absent, population.people)]
      : []),
    ...data.models.flatMap((model) => modelMeasures(model, n)),
  ];
}

function modelMeasures({ column, measured, worst, average, recordsAtRisk }: ModelEvidence, n: number): Measure[] {
  const id = (name: string) => (column === null ? name : `${name}:${column}`);
  const plain = { n, interval: null, threshold: null };
  const { label, format } = measured;
  return [
    { id: id('worst-class'), label: `${label}, ${measured.worst}`, value: worst, format, ...plain },
    {
      id: id('average'),
      label: `${label}, average over records`,
      value: average,
      format: format === 'count' ? 'number' : format,
      ...plain,
    },
    ...(column === null
      ? []
      : [
          {
            ...{ id: id('records-at-risk'), label: `Records in classes in which it does not hold of ${column}` },
            ...{ value: recordsAtRisk / n, format: 'rate' as const, ...plain },
          },
        ]),
  ];
}
