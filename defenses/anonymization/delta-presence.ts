import { Type } from '@sinclair/typebox';
import { missing } from './class-options.js';
import { defineClassAudit } from './define-class-audit.js';
import { checkPresence, modelOf, presenceOptions } from './models/config.js';

const DeltaPresenceOptions = Type.Object({ ...presenceOptions, missing }, { additionalProperties: false });

/** Whether it stays unknown who of a population is in the table (Nergiz, Atzori & Clifton 2007). */
export const deltaPresence = defineClassAudit({
  id: 'anonymization/delta-presence',
  title: 'Nobody can tell who is in the table',
  failureTitle: 'It can be told who is in the table',
  description:
    'Compares each class with the people of the population who agree with it: the share of them that is in the table is how likely ' +
    'one of them is. Where the table is of patients, being in it is a secret of its own. With a `minimum` above 0, ' +
    'people with whom no record agrees are a finding too, since they are known not to be in it.',
  sources: [
    'Nergiz, Atzori & Clifton 2007, Hiding the presence of individuals from shared databases, doi:10.1145/1247480.1247554',
  ],
  severity: 'high',
  advice:
    'Generalize the quasi-identifiers of the table and the population in the same way, until every class has enough people who are ' +
    'not in the table. Or release a sample of the records.',
  texts: {
    'zh-CN': {
      title: '无人能判断谁在表中',
      failureTitle: '可以判断谁在表中',
      description:
        '将每个等价类与总体中与之一致的人相比较：其中在表中的比例，就是他们当中某人在表中的可能性。如果表是病人的，' +
        '身在表中本身就是秘密。当 `minimum` 大于 0 时，没有任何记录与之一致的人也是问题，因为可知他们不在表中。',
      advice: '以相同方式泛化表与总体的准标识符，直到每个等价类都有足够多不在表中的人。或者只发布记录的一个样本。',
      threat: null,
    },
    de: {
      title: 'Niemand kann sagen, wer in der Tabelle steht',
      failureTitle: 'Es lässt sich sagen, wer in der Tabelle steht',
      description:
        'Vergleicht jede Klasse mit den Personen der Grundgesamtheit, die mit ihr übereinstimmen: Wie viele von ihnen in der ' +
        'Tabelle stehen, so wahrscheinlich steht eine von ihnen darin. Ist die Tabelle eine von Kranken, so ist schon das ein ' +
        'Geheimnis. Mit einem `minimum` über 0 sind auch Personen ein Befund, mit denen kein Datensatz übereinstimmt, denn von ' +
        'ihnen weiß man, dass sie fehlen.',
      advice:
        'Die Quasi-Identifikatoren von Tabelle und Grundgesamtheit gleich vergröbern, bis jede Klasse genug Personen hat, die nicht in ' +
        'der Tabelle stehen. Oder eine Stichprobe der Datensätze veröffentlichen.',
      threat: null,
    },
  },
  options: DeltaPresenceOptions,
  readsPopulation: true,
  checkOptions: checkPresence,
  audit: ({ missing: convention, ...options }) => ({
    missing: convention,
    models: [modelOf({ model: 'delta-presence', ...options })],
    absentCount: options.minimum > 0,
  }),
});
