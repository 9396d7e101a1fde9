import { Type } from '@sinclair/typebox';
import { missing } from './class-options.js';
import { defineClassAudit } from './define-class-audit.js';
import { k, modelOf } from './models/config.js';

const KMapOptions = Type.Object({ k, missing }, { additionalProperties: false });

/** Whether every record agrees with at least k people of the population (Sweeney 2001). */
export const kMap = defineClassAudit({
  id: 'anonymization/k-map',
  title: 'Every record could be one of many people',
  failureTitle: 'Records point to few people',
  description:
    'Counts how many people of the population agree with each record on all quasi-identifiers. One who does not know who is in the ' +
    'table cannot tell which of them a record is of. It is less strict than k-anonymity, which protects also against those ' +
    'who know that a person is in the table, and it is as good as the population that it is told of.',
  sources: [
    'Sweeney 2001, Computational disclosure control: a primer on data privacy protection, MIT',
    'El Emam & Dankar 2008, Protecting privacy using k-anonymity, doi:10.1197/jamia.M2716',
  ],
  severity: 'high',
  advice:
    'Generalize the quasi-identifiers of the table and the population in the same way, until each class has k people. ' +
    'Suppress the few records that are left over.',
  texts: {
    'zh-CN': {
      title: '每条记录都可能属于许多人中的任何一个',
      failureTitle: '有记录只指向少数人',
      description:
        '统计总体中有多少人在所有准标识符上与每条记录一致。不知道谁在表中的人，无法判断记录属于其中哪一位。' +
        '它不如 k-匿名严格，后者还能防范知道某人在表中的人；其可靠程度取决于所给的总体。',
      advice: '以相同方式泛化表与总体的准标识符，直到每个等价类包含 k 个人。对剩下的少数记录进行抑制。',
      threat: null,
    },
    de: {
      title: 'Jeder Datensatz könnte von vielen Personen sein',
      failureTitle: 'Datensätze deuten auf wenige Personen',
      description:
        'Zählt, wie viele Personen der Grundgesamtheit mit jedem Datensatz in allen Quasi-Identifikatoren übereinstimmen. Wer nicht ' +
        'weiß, wer in der Tabelle steht, kann nicht sagen, von welcher ein Datensatz ist. Das ist weniger streng als ' +
        'k-Anonymität, die auch vor denen schützt, die das von einer Person wissen, und so gut wie die angegebene Grundgesamtheit.',
      advice:
        'Die Quasi-Identifikatoren von Tabelle und Grundgesamtheit gleich vergröbern, bis jede Klasse k Personen hat. Die wenigen ' +
        'übrigen Datensätze unterdrücken.',
      threat: null,
    },
  },
  options: KMapOptions,
  readsPopulation: true,
  audit: ({ missing: convention, ...options }) => ({
    missing: convention,
    models: [modelOf({ model: 'k-map', ...options })],
  }),
});
