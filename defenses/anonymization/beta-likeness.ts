import { Type } from '@sinclair/typebox';
import { sensitiveColumns } from './class-audit.js';
import { columns, missing } from './class-options.js';
import { defineClassAudit } from './define-class-audit.js';
import { likenessOptions, missingSensitive, modelOf } from './models/config.js';

const BetaLikenessOptions = Type.Object(
  { ...likenessOptions, columns, missing, missingSensitive },
  { additionalProperties: false },
);

/** Whether no sensitive value is much more frequent in a class than in the table (Cao & Karras 2012). */
export const betaLikeness = defineClassAudit({
  id: 'anonymization/beta-likeness',
  title: 'No class makes a sensitive value much more likely',
  failureTitle: 'Classes make sensitive values much more likely',
  description:
    'Looks in each class for the sensitive value that is more frequent than in the whole table by the largest factor. A rare disease ' +
    'that becomes ten times as likely stands out here, where the average distance that t-closeness takes would hide it.',
  sources: ['Cao & Karras 2012, Publishing microdata with a robust privacy guarantee, arXiv:1208.0220'],
  severity: 'medium',
  advice:
    'Generalize the quasi-identifiers until classes with many records of a rare value join others. Suppress the classes that are ' +
    'left over, or release rare sensitive values as one group.',
  texts: {
    'zh-CN': {
      title: '没有等价类使某个敏感值的可能性大增',
      failureTitle: '有等价类使敏感值的可能性大增',
      description:
        '在每个等价类中寻找比整个表中频率高出倍数最大的敏感值。一种罕见疾病的可能性若增至十倍，在这里会显现出来，' +
        '而 t-接近性所取的平均距离会将其掩盖。',
      advice:
        '泛化准标识符，直到罕见值较多的等价类与其他类合并。对剩余的等价类进行抑制，或将罕见的敏感值合为一组发布。',
      threat: null,
    },
    de: {
      title: 'Keine Klasse macht einen sensiblen Wert viel wahrscheinlicher',
      failureTitle: 'Klassen machen sensible Werte viel wahrscheinlicher',
      description:
        'Sucht in jeder Klasse den sensiblen Wert, der um den größten Faktor häufiger ist als in der ganzen Tabelle. Eine seltene ' +
        'Krankheit, die zehnmal so wahrscheinlich wird, fällt hier auf, wo die mittlere Distanz der t-Closeness sie verdeckt.',
      advice:
        'Die Quasi-Identifikatoren vergröbern, bis Klassen mit vielen Datensätzen eines seltenen Wertes in anderen aufgehen. Die ' +
        'übrigen Klassen unterdrücken oder seltene sensible Werte als eine Gruppe veröffentlichen.',
      threat: null,
    },
  },
  options: BetaLikenessOptions,
  readsPopulation: false,
  audit: ({ columns: asked, missing: convention, ...options }, { table }) => ({
    missing: convention,
    models: sensitiveColumns(table, asked, 'anonymization/beta-likeness').map((column) =>
      modelOf({ model: 'beta-likeness', column, ...options }),
    ),
  }),
});
