import { AssayError } from '#base/errors';
import { counted, grouped } from '#base/format';

/** What a black box may still be asked for. */
export interface Purse {
  /** Takes rows before they are asked for. @throws AssayError `budget` where there are not so many left; then none are taken */
  take(rows: number): Promise<void>;
}

/** A purse of one process. Without a budget it never ends. */
export function purseOf(budget: number | undefined): Purse {
  let left = budget ?? Infinity;
  return {
    take: (rows) => {
      if (rows > left) return Promise.reject(usedUp(rows, left, budget ?? Infinity));
      left -= rows;
      return Promise.resolve();
    },
  };
}

/** That the budget does not suffice, as one sentence. */
export function usedUp(rows: number, left: number, budget: number): AssayError {
  return new AssayError('budget', {
    what: `${counted(rows, 'more row was', 'more rows were')} to be asked for, and ${grouped(left)} of the query budget of ${grouped(budget)} are left`,
    mend: 'Raise `target.budget`, or audit fewer samples.',
  });
}
