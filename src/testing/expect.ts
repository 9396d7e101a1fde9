/** What jest and vitest both have as a global; neither is a dependency of the kit. */
interface Expectation {
  readonly not: Expectation;
  readonly rejects: { toThrow(): Promise<void> };
  toBe(wanted: unknown): void;
  toEqual(wanted: unknown): void;
  toContain(wanted: unknown): void;
  toMatch(wanted: RegExp): void;
  toBeGreaterThan(wanted: number): void;
  toBeLessThanOrEqual(wanted: number): void;
}

export type Expect = (value: unknown) => Expectation;
