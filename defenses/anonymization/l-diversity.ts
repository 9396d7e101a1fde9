import { Type } from '@sinclair/typebox';
import { sensitiveColumns } from './class-audit.js';
import { columns, missing } from './class-options.js';
import { defineClassAudit } from './define-class-audit.js';
import { diversityOptions, missingSensitive, modelOf } from './models/config.js';

const LDiversityOptions = Type.Object(
  { ...diversityOptions, columns, missing, missingSensitive },
  { additionalProperties: false },
);

/** Whether the sensitive values of every class are diverse (Machanavajjhala et al. 2007). */
export const lDiversity = defineClassAudit({
  id: 'anonymization/l-diversity',
  title: 'No class gives its sensitive values away',
  failureTitle: 'Classes give sensitive values away',
  description:
    'Counts how diverse the sensitive values are among the records that agree on all quasi-identifiers: as different values, as ' +
    'the exponential of their entropy, or by how far the most frequent one stands out. Where all members of a class have one ' +
    'diagnosis, nobody has to be told apart to learn it. Whether the values are spread as in the whole table is what ' +
    't-closeness is about.',
  sources: [
    'Machanavajjhala, Kifer, Gehrke & Venkitasubramaniam 2007, l-Diversity: privacy beyond k-anonymity, doi:10.1145/1217299.1217302',
    'Grassberger 2003, Entropy estimates from insufficient samplings, arXiv:physics/0307138',
    'Stammler, Katzenbeisser & Hamacher 2016, Correcting finite sampling issues in entropy l-diversity, doi:10.1007/978-3-319-45381-1_11',
  ],
  severity: 'high',
  advice:
    'Generalize the quasi-identifiers further, until classes with few sensitive values join others. Suppress the classes that are ' +
    'left over, or release the sensitive column in coarser groups.',
  texts: {
    'zh-CN': {
      title: '没有等价类泄露其敏感值',
      failureTitle: '有等价类泄露敏感值',
      description:
        '统计在所有准标识符上一致的记录中敏感值的多样程度：按不同取值的个数、按熵的指数，或按最常见取值的突出程度。' +
        '如果一个等价类的全部成员诊断相同，则无需区分个人即可得知诊断。取值分布是否与整个表一致，是 t-接近性所关注的。',
      advice:
        '进一步泛化准标识符，直到敏感值少的等价类与其他类合并。对剩余的等价类进行抑制，或以更粗的分组发布敏感列。',
      threat: null,
    },
    de: {
      title: 'Keine Klasse verrät ihre sensiblen Werte',
      failureTitle: 'Klassen verraten sensible Werte',
      description:
        'Zählt, wie vielfältig die sensiblen Werte der Datensätze sind, die in allen Quasi-Identifikatoren übereinstimmen: als ' +
        'verschiedene Werte, als Exponential ihrer Entropie oder danach, wie weit der häufigste heraussticht. Haben alle Mitglieder ' +
        'einer Klasse dieselbe Diagnose, so muss niemand unterschieden werden, um sie zu erfahren. Ob die Werte wie in der ganzen ' +
        'Tabelle verteilt sind, ist Sache der t-Closeness.',
      advice:
        'Die Quasi-Identifikatoren weiter vergröbern, bis Klassen mit wenigen sensiblen Werten in anderen aufgehen. Die übrigen ' +
        'Klassen unterdrücken oder die sensible Spalte in gröberen Gruppen veröffentlichen.',
      threat: null,
    },
  },
  options: LDiversityOptions,
  readsPopulation: false,
  audit: ({ columns: asked, missing: convention, ...options }, { table }) => ({
    missing: convention,
    models: sensitiveColumns(table, asked, 'anonymization/l-diversity').map((column) =>
      modelOf({ model: 'l-diversity', column, ...options }),
    ),
  }),
});
