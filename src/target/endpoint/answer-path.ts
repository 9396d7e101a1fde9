import { AssayError } from '#base/errors';

type Segment = { readonly key: string } | { readonly index: number } | { readonly each: true };

/** The way from the root of a JSON value to the answers in it. */
export type AnswerPath = readonly Segment[];

const SEGMENT = /\.?([A-Za-z_$][\w$-]*)|\[(\d+)\]|\[\*\]|\["((?:[^"\\]|\\.)*)"\]/y;

/**
 * Reads a path such as `predictions`, `outputs[0].data` or `results[*].label`: names, indices, quoted names, and at most one
 * `[*]` for the samples. A single dot is the value itself.
 *
 * @throws AssayError `config`
 */
export function parseAnswerPath(text: string): AnswerPath {
  const segments: Segment[] = [];
  const pattern = new RegExp(SEGMENT);
  let end = 0;
  while (text !== '.' && end < text.length) {
    pattern.lastIndex = end;
    const match = pattern.exec(text);
    if (match === null) throw badPath(text, `it cannot be read from its position ${end + 1} on`);
    const [, name, index, quoted] = match;
    if (name !== undefined) segments.push({ key: name });
    else if (index !== undefined) segments.push({ index: Number(index) });
    else if (quoted !== undefined) segments.push({ key: JSON.parse(`"${quoted}"`) as string });
    else segments.push({ each: true });
    end = pattern.lastIndex;
  }
  if (segments.filter((segment) => 'each' in segment).length > 1) throw badPath(text, 'it has more than one `[*]`');
  return segments;
}

/** The value at a path; undefined where the way ends early. With `[*]`, the list of what lies there for each sample. */
export function atPath(value: unknown, path: AnswerPath): unknown {
  let here = value;
  for (const [depth, segment] of path.entries()) {
    if ('each' in segment) {
      const rest = path.slice(depth + 1);
      return Array.isArray(here) ? here.map((entry) => atPath(entry, rest)) : undefined;
    }
    const key = 'key' in segment ? segment.key : String(segment.index);
    const isPlace = typeof here === 'object' && here !== null && Array.isArray(here) === 'index' in segment;
    if (!isPlace || !Object.hasOwn(here as object, key)) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[key];
  }
  return here;
}

function badPath(text: string, why: string): AssayError {
  return new AssayError('config', {
    where: 'target.response.path',
    what: `\`${text}\` is no path to the answers: ${why}`,
    mend: 'Write it as in `outputs[0].data` or `results[*].label`.',
  });
}
