/** An examination of attacks that is real and short, for tests of what is around it. */
export const BRIEF = { samples: 4, noiseDraws: 10, queries: 20 } as const;
