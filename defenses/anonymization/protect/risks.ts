import type { ReidentificationRisk } from '#plugin/anonymizing';
import { recordsBelow, type ClassSizes } from '../risk/class-sizes.js';
import { marketerRisk, prosecutorRisks } from '../risk/record-risks.js';

/** The risks of classes of these sizes, by one who knows that a person is in the table and by one who tries everybody. */
export function risksOf(sizes: ClassSizes): ReidentificationRisk {
  const { highest, average } = prosecutorRisks(sizes, 1);
  return {
    records: sizes.records + sizes.suppressed,
    suppressed: sizes.suppressed,
    classes: sizes.classes,
    smallestClass: sizes.counts[0]?.size ?? 0,
    uniques: recordsBelow(sizes, 2),
    prosecutor: { highest, average },
    journalist: null,
    marketer: marketerRisk(sizes),
  };
}
