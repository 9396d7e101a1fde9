import { Type } from '@sinclair/typebox';
import { sensitiveColumns } from './class-audit.js';
import { columns, missing } from './class-options.js';
import { defineClassAudit } from './define-class-audit.js';
import { alpha, k, missingSensitive, modelOf } from './models/config.js';

const AlphaKOptions = Type.Object({ alpha, k, columns, missing, missingSensitive }, { additionalProperties: false });

/** Whether classes have k records, and no sensitive value more than a share alpha of them (Wong et al. 2006). */
export const alphaK = defineClassAudit({
  id: 'anonymization/alpha-k',
  title: 'No sensitive value dominates a class',
  failureTitle: 'Sensitive values dominate classes',
  description:
    'Asks of each class that it has at least k records and that no sensitive value is of more than the share alpha of them. That share ' +
    'is how sure one can be of the value of a person whose quasi-identifiers one knows.',
  sources: [
    'Wong, Li, Fu & Wang 2006, (alpha, k)-anonymity: an enhanced k-anonymity model for privacy preserving data publishing, doi:10.1145/1150402.1150499',
  ],
  severity: 'high',
  advice:
    'Generalize the quasi-identifiers until classes that one value dominates join others. Suppress the classes that are left over.',
  texts: {
    'zh-CN': {
      title: '没有敏感值在等价类中占主导',
      failureTitle: '敏感值在等价类中占主导',
      description:
        '要求每个等价类至少有 k 条记录，且任何敏感值所占比例不超过 alpha。知道某人准标识符的人，' +
        '对其敏感值的把握程度就是这一比例。',
      advice: '泛化准标识符，直到由单一取值主导的等价类与其他类合并。对剩余的等价类进行抑制。',
      threat: null,
    },
    de: {
      title: 'Kein sensibler Wert beherrscht eine Klasse',
      failureTitle: 'Sensible Werte beherrschen Klassen',
      description:
        'Verlangt von jeder Klasse mindestens k Datensätze, und dass kein sensibler Wert mehr als den Anteil alpha davon hat. So ' +
        'sicher kann sich des Wertes einer Person sein, wer ihre Quasi-Identifikatoren kennt.',
      advice:
        'Die Quasi-Identifikatoren vergröbern, bis Klassen, die ein Wert beherrscht, in anderen aufgehen. Die übrigen Klassen unterdrücken.',
      threat: null,
    },
  },
  options: AlphaKOptions,
  readsPopulation: false,
  audit: ({ columns: asked, missing: convention, ...options }, { table }) => ({
    missing: convention,
    models: sensitiveColumns(table, asked, 'anonymization/alpha-k').map((column) =>
      modelOf({ model: 'alpha-k', column, ...options }),
    ),
  }),
});
