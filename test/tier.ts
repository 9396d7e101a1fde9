/**
 * A suite that takes long is a slice in `npm test`. The `.deep.ts` beside it only imports it, and there nothing is left out:
 * what runs is decided by the file that was started. Nor is anything left out where jest runs nothing, on a machine with a GPU.
 */
export const isDeep = typeof expect === 'undefined' || expect.getState().testPath?.endsWith('.deep.ts') === true;

/** The first case and every n-th after it; in the deep tier all. */
export function everyNth<Case>(n: number, cases: readonly Case[]): readonly Case[] {
  return everyNthOfEach(n, () => null, cases);
}

/** Of each kind the first case and every n-th after it; in the deep tier all. */
export function everyNthOfEach<Case>(
  n: number,
  kindOf: (each: Case) => unknown,
  cases: readonly Case[],
): readonly Case[] {
  const seen = new Map<unknown, number>();
  return cases.filter((each) => {
    const before = seen.get(kindOf(each)) ?? 0;
    seen.set(kindOf(each), before + 1);
    return isDeep || before % n === 0;
  });
}
