import { Type } from '@sinclair/typebox';
import { sensitiveColumns } from './class-audit.js';
import { columns, missing } from './class-options.js';
import { defineClassAudit } from './define-class-audit.js';
import { disclosure, missingSensitive, modelOf } from './models/config.js';

const DeltaDisclosureOptions = Type.Object(
  { delta: disclosure, columns, missing, missingSensitive },
  { additionalProperties: false },
);

/** Whether the values of each class are as frequent as in the table, up to a factor (Brickell & Shmatikov 2008). */
export const deltaDisclosure = defineClassAudit({
  id: 'anonymization/delta-disclosure',
  title: 'Sensitive values are as frequent in classes as in the table',
  failureTitle: 'Sensitive values are not as frequent in classes as in the table',
  description:
    'Compares the share of each sensitive value of a class with its share in the whole table, by the logarithm of their ratio. Values that ' +
    'became rarer count as those that became more frequent; values that a class lacks are not looked at.',
  sources: [
    'Brickell & Shmatikov 2008, The cost of privacy: destruction of data-mining utility in anonymized data publishing, doi:10.1145/1401890.1401904',
  ],
  severity: 'medium',
  advice:
    'Generalize the quasi-identifiers that go along with the sensitive value most. Suppress the classes that are left over: joining two ' +
    'classes can also make a value too rare.',
  texts: {
    'zh-CN': {
      title: '敏感值在等价类中与在表中一样常见',
      failureTitle: '敏感值在等价类中与在表中频率不同',
      description:
        '用比值的对数比较等价类中每个敏感值的比例与其在整个表中的比例。变得更少见的取值与变得更常见的取值同样计入；' +
        '等价类中没有的取值不予考虑。',
      advice: '对与敏感值最相关的准标识符进行泛化。对剩余的等价类进行抑制：合并两个类也可能使某个取值过于少见。',
      threat: null,
    },
    de: {
      title: 'Sensible Werte sind in Klassen so häufig wie in der Tabelle',
      failureTitle: 'Sensible Werte sind in Klassen nicht so häufig wie in der Tabelle',
      description:
        'Vergleicht den Anteil jedes sensiblen Wertes einer Klasse mit seinem Anteil in der ganzen Tabelle, über den Logarithmus ihres ' +
        'Verhältnisses. Seltener gewordene Werte zählen wie häufiger gewordene; Werte, die eine Klasse nicht hat, zählen nicht.',
      advice:
        'Die Quasi-Identifikatoren vergröbern, die am stärksten mit dem sensiblen Wert zusammenhängen. Die übrigen Klassen ' +
        'unterdrücken: Zwei Klassen zu vereinen kann einen Wert auch zu selten machen.',
      threat: null,
    },
  },
  options: DeltaDisclosureOptions,
  readsPopulation: false,
  audit: ({ columns: asked, missing: convention, ...options }, { table }) => ({
    missing: convention,
    models: sensitiveColumns(table, asked, 'anonymization/delta-disclosure').map((column) =>
      modelOf({ model: 'delta-disclosure', column, ...options }),
    ),
  }),
});
