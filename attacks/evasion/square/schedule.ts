/** After how many iterations the share of the input that a window covers is halved. */
const BREAKPOINTS = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000] as const;

/** The length of the search for which the breakpoints were chosen. */
const REFERENCE = 10_000;

export interface Schedule {
  readonly initialShare: number;
  readonly rescaleSchedule: boolean;
  readonly queries: number;
}

/** The share of the input that the window of an iteration covers; iterations count from 0, the first change of a start. */
export function shareAt(iteration: number, { initialShare, rescaleSchedule, queries }: Schedule): number {
  const at = rescaleSchedule ? Math.floor((iteration / queries) * REFERENCE) : iteration;
  const halvings = BREAKPOINTS.filter((breakpoint) => at > breakpoint).length;
  return initialShare / 2 ** halvings;
}
