import { AssayError } from '#base/errors';
import { labelWidth, type Head, type Labels } from '#target/head';
import { canonicalWord } from '../tables/column-type.js';
import { nameHint } from '../tables/columns.js';
import { readLabels } from '../sample-labels.js';

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * The truth of samples that is written as text: the name of a class where the target has names, or the number that the
 * head takes.
 *
 * @param where the file and the column, for messages
 * @throws AssayError `data` naming the first sample whose label the head cannot have
 */
export function labelsOfText(
  texts: readonly (string | null)[],
  { head, labels: names }: { readonly head: Head; readonly labels?: readonly string[] | null | undefined },
  where: string,
): Labels {
  if (labelWidth(head) !== 1) {
    throw new AssayError('data', {
      where,
      what: `one label a sample is given, and the head \`${head.kind}\` takes ${labelWidth(head)}`,
      mend: 'Store inputs and labels as arrays.',
    });
  }
  const known = head.kind === 'regression' ? [] : (names ?? []);
  const places = placesOf(known);
  const data = Float64Array.from(
    texts,
    (text, sample) => places.get(text ?? '') ?? numberIn(text, sample, known, where),
  );
  return readLabels({ name: where, shape: [texts.length], data }, head, texts.length);
}

/** Of names as they stand and in the form that a table gives them: True is true there, and 1.0 is 1. */
export function placesOf(names: readonly string[]): ReadonlyMap<string, number> {
  const places = new Map(names.map((name, i) => [name, i]));
  for (const [i, name] of names.entries()) {
    const canonical = canonicalWord(name);
    if (!places.has(canonical)) places.set(canonical, i);
  }
  return places;
}

function numberIn(text: string | null, sample: number, names: readonly string[], where: string): number {
  if (text === null) throw new AssayError('data', { where, what: `sample ${sample} has no label` });
  if (NUMBER.test(text.trim())) return Number(text);
  throw new AssayError('data', {
    where,
    what: `the label ${JSON.stringify(text)} of sample ${sample} is no number and no name in \`target.labels\``,
    mend:
      names.length === 0
        ? 'List the names of the classes in `target.labels`, in the order of the scores.'
        : nameHint(names, text).replace('The columns are', 'The labels are'),
  });
}
