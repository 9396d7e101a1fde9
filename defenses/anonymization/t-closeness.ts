import { Type } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { sensitiveColumns } from './class-audit.js';
import { columns, missing } from './class-options.js';
import { defineClassAudit } from './define-class-audit.js';
import { hierarchyBuilder, type HierarchyBuilder } from './hierarchies/build.js';
import { HierarchyOption } from './hierarchies/options.js';
import { closenessOptions, missingSensitive, modelOf } from './models/config.js';

const ID = 'anonymization/t-closeness';

const TClosenessOptions = Type.Object(
  {
    t: closenessOptions.t,
    distance: closenessOptions.distance,
    order: closenessOptions.order,
    hierarchies: Type.Optional(
      Type.Record(Type.String(), HierarchyOption, {
        description: 'Hierarchical only: by column, how its values are grouped. Each column that is looked at has one.',
      }),
    ),
    columns,
    missing,
    missingSensitive,
  },
  { additionalProperties: false },
);

/** Whether the sensitive values of every class are spread as in the table (Li, Li & Venkatasubramanian 2007). */
export const tCloseness = defineClassAudit({
  id: ID,
  title: 'Classes tell no more than the table as a whole',
  failureTitle: 'Classes tell more than the table as a whole',
  description:
    "Measures the earth mover's distance between the sensitive values of each class and those of the whole table. Where a class is " +
    'close, who knows the quasi-identifiers of a person learns little more of the person than anybody learns of the table. ' +
    'Values are equally far from each other, or as far as their places in an order, or as the height of the group of a hierarchy that both are in.',
  sources: [
    'Li, Li & Venkatasubramanian 2007, t-Closeness: privacy beyond k-anonymity and l-diversity, doi:10.1109/ICDE.2007.367856',
  ],
  severity: 'medium',
  advice:
    'Generalize the quasi-identifiers that go along with the sensitive value most, until classes look like the table. Suppress the ' +
    'classes that are left over.',
  texts: {
    'zh-CN': {
      title: '等价类透露的信息不多于整个表',
      failureTitle: '等价类透露的信息多于整个表',
      description:
        '度量每个等价类的敏感值与整个表的敏感值之间的推土机距离。若二者接近，知道某人准标识符的人对其所知，' +
        '与任何人从整个表中所知相差无几。取值之间的距离或一律相等，或按其在次序中的位置，或按层级中同含二者的组的高度计算。',
      advice: '对与敏感值最相关的准标识符进行泛化，直到各等价类与整个表相似。对剩余的等价类进行抑制。',
      threat: null,
    },
    de: {
      title: 'Klassen verraten nicht mehr als die ganze Tabelle',
      failureTitle: 'Klassen verraten mehr als die ganze Tabelle',
      description:
        'Misst die Earth-Mover-Distanz zwischen den sensiblen Werten jeder Klasse und denen der ganzen Tabelle. Liegt eine Klasse ' +
        'nahe, so erfährt, wer die Quasi-Identifikatoren einer Person kennt, kaum mehr über sie als jeder über die Tabelle. Werte ' +
        'sind gleich weit voneinander entfernt, so weit wie ihre Plätze in einer Ordnung oder so weit, wie die Gruppe einer Hierarchie ' +
        'hoch ist, in der beide liegen.',
      advice:
        'Die Quasi-Identifikatoren vergröbern, die am stärksten mit dem sensiblen Wert zusammenhängen, bis die Klassen der Tabelle ' +
        'gleichen. Die übrigen Klassen unterdrücken.',
      threat: null,
    },
  },
  options: TClosenessOptions,
  readsPopulation: false,
  checkOptions({ distance, order, hierarchies }) {
    if (order !== undefined && distance !== 'ordered') throw unread('order', 'order', distance, 'ordered');
    if (hierarchies !== undefined && distance !== 'hierarchical') {
      throw unread('hierarchies', 'hierarchy', distance, 'hierarchical');
    }
  },
  files: ({ hierarchies = {} }) => Object.values(hierarchies).filter((option) => typeof option === 'string'),
  async audit({ columns: asked, missing: convention, hierarchies = {}, ...options }, { table, readFile }) {
    const builders = new Map<string, HierarchyBuilder>();
    for (const [name, option] of Object.entries(hierarchies)) {
      builders.set(name, await hierarchyBuilder(option, readFile));
    }
    return {
      missing: convention,
      models: sensitiveColumns(table, asked, ID).map((column) =>
        modelOf({ model: 't-closeness', column, ...options }, builders),
      ),
    };
  },
});

/** Of an option that another distance than the one that is asked for looks at. */
function unread(option: string, what: string, distance: string, other: string): AssayError {
  return new AssayError('config', {
    where: ID,
    what: `\`${option}\` is given, and \`distance\` is "${distance}", which looks at no ${what}`,
    mend: `Set \`distance: "${other}"\`, or leave \`${option}\` out.`,
  });
}
