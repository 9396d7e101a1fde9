import type { Features } from '#plugin/explainer';
import type { TextDomain } from '#target/domain';

/**
 * The tokens of a text, or where it has more than `parts` of them, about so many stretches of neighbouring tokens, which never part
 * a word; padding, beginnings and ends belong to none.
 *
 * @param ids one text, as the target takes it
 * @param tokens what each of them reads; null where that is not known
 * @param parts features at most
 */
export function tokenFeatures(
  { tokens: facts }: TextDomain,
  ids: ArrayLike<number>,
  tokens: readonly string[] | null,
  parts = Infinity,
): Features {
  const special = new Set(facts?.special);
  if (facts?.padding !== undefined && facts.padding !== null) special.add(facts.padding);
  const positions = Array.from(ids, (_, i) => i).filter((i) => !special.has(ids[i] ?? NaN));
  const reads = (i: number) => tokens?.[i] ?? `token ${i}`;
  const of = new Int32Array(ids.length).fill(-1);
  const names: string[] = [];
  for (const stretch of stretchesOf(positions, parts, (i) => tokens !== null && isInsideWord(tokens, i))) {
    for (const i of stretch) of[i] = names.length;
    names.push(nameOf(stretch.map(reads)));
  }
  return { names, of };
}

/** Of nearly equal length; an end within a word moves on to the end of the word. */
function stretchesOf(positions: readonly number[], parts: number, isInside: (position: number) => boolean): number[][] {
  const length = Math.max(1, positions.length / parts);
  const stretches: number[][] = [];
  positions.forEach((position, place) => {
    const isNext = place >= stretches.length * length;
    const last = stretches.at(-1);
    if (last === undefined || (isNext && (length === 1 || !isInside(position)))) stretches.push([position]);
    else last.push(position);
  });
  return stretches;
}

/** WordPiece marks what goes on with a word; other tokenizers begin words with their space. */
function isInsideWord(tokens: readonly string[], position: number): boolean {
  const beginsWithSpace = (token: string) => token.startsWith(' ');
  const token = tokens[position] ?? '';
  return token.startsWith('##') || (tokens.some(beginsWithSpace) && !beginsWithSpace(token));
}

/** Of a stretch its first and last words, so that a reader finds it. */
function nameOf(words: readonly string[]): string {
  const [only = ''] = words;
  if (words.length <= 1) return only;
  const isSpaced = words.some((word) => word.startsWith(' '));
  const joined = (some: readonly string[]) =>
    some
      .join(isSpaced ? '' : ' ')
      .replaceAll(' ##', '')
      .trim();
  if (words.length <= WORDS) return joined(words);
  return `${joined(words.slice(0, WORDS - 2))} … ${joined(words.slice(-1))}`;
}

/** Of a stretch that is named as a whole. */
const WORDS = 5;
