import type { Features } from '#plugin/explainer';
import type { TextDomain } from '#target/domain';

/**
 * One feature a token of the text; padding, beginnings and ends belong to none.
 *
 * @param ids one text, as the target takes it
 * @param tokens what each of them reads; null where that is not known
 */
export function tokenFeatures(
  { tokens: facts }: TextDomain,
  ids: ArrayLike<number>,
  tokens: readonly string[] | null,
): Features {
  const special = new Set(facts?.special);
  if (facts?.padding !== undefined && facts.padding !== null) special.add(facts.padding);
  const names: string[] = [];
  const of = new Int32Array(ids.length).fill(-1);
  for (let i = 0; i < ids.length; i++) {
    if (special.has(ids[i] ?? NaN)) continue;
    of[i] = names.length;
    names.push(tokens?.[i] ?? `token ${i}`);
  }
  return { names, of };
}
