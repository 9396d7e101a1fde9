import type { DistanceOf } from './distances.js';
import type { MeasuringModel } from './measured-model.js';
import { sensitiveModel, type MissingSensitive } from './sensitive-column.js';

/**
 * The values of every class are distributed as those of the table, up to a distance of t (Li, Li & Venkatasubramanian 2007,
 * doi:10.1109/ICDE.2007.367856, definition 2). The distances are convex in the class, so the model is monotone.
 */
export function tClosenessModel(parts: {
  readonly column: string;
  readonly missing: MissingSensitive;
  readonly t: number;
  /** `equal distance`. */
  readonly distanceName: string;
  readonly distance: DistanceOf;
}): MeasuringModel {
  const { column, missing, t, distanceName } = parts;
  return sensitiveModel(
    {
      ...{ column, missing },
      name: `${t}-closeness of ${column} by ${distanceName}`,
      monotone: true,
      measured: {
        label: `Distance of ${column} in the class from the table`,
        format: 'number',
        bar: `at most ${t}`,
        threshold: t,
        worst: 'highest',
      },
    },
    (sensitive) => {
      const distance = parts.distance(sensitive);
      return { measure: distance, holds: (counts, records) => distance(counts, records) <= t };
    },
  );
}
