/** What jest and vitest hand to a matcher, as far as the matchers here look at it. */
export interface MatcherContext {
  readonly isNot?: boolean;
  /** `resolves`, `rejects` or nothing; absent where the matcher is part of an expected value. */
  readonly promise?: string;
  readonly utils?: Partial<MatcherUtils>;
}

interface MatcherUtils {
  matcherHint(
    name: string,
    received: string,
    expected: string,
    options: { readonly isNot?: boolean; readonly promise?: string; readonly secondArgument?: string },
  ): string;
  EXPECTED_COLOR(text: string): string;
  RECEIVED_COLOR(text: string): string;
}

/** How expected and received values look, as the test runner has them. */
export interface Paint {
  expected(text: string): string;
  received(text: string): string;
}

export const PLAIN: Paint = { expected: (text) => text, received: (text) => text };

export function paintOf({ utils = {} }: MatcherContext): Paint {
  const { EXPECTED_COLOR: expected, RECEIVED_COLOR: received } = utils;
  return expected === undefined || received === undefined ? PLAIN : { expected, received };
}

/** A use of a matcher, as the first line of its message shows it. */
export interface Call {
  readonly matcher: string;
  readonly received: string;
  readonly expected: string;
  readonly options: string;
  readonly awaited: boolean;
}

/** `await expect(target).toWithstand(evasion/pgd, options)` */
export function hintOf({ utils, isNot = false, promise = '' }: MatcherContext, call: Call): string {
  const { matcher, received, expected, options, awaited } = call;
  const hint =
    utils?.matcherHint?.(matcher, received, expected, { isNot, promise, secondArgument: options }) ??
    `expect(${received})${isNot ? '.not' : ''}.${matcher}(${[expected, options].filter(Boolean).join(', ')})`;
  return `${awaited ? 'await ' : ''}${hint}`;
}
