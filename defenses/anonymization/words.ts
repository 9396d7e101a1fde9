import { grouped } from '#base/format';
import type { Verdict } from '#plugin/plugin';
import type { MissingConvention } from './match-counts.js';

export const CONVENTIONS: Readonly<Record<MissingConvention, string>> = {
  'own-value': 'a missing value is a value of its own',
  'matches-everything': 'a missing value agrees with every value',
};

/** Why there is nothing that could be judged. */
export interface Unjudged {
  readonly claim: string;
  readonly reasons: readonly string[];
}

export function undecided({ claim, reasons }: Unjudged): Verdict {
  return { status: 'inconclusive', claim, reasons, measures: [], signs: [] };
}

/** Fails where a measure misses its bar. */
export function verdictBy(
  measures: Verdict['measures'],
  { claim, reasons }: Pick<Verdict, 'claim' | 'reasons'>,
): Verdict {
  const fails = measures.some(({ threshold }) => threshold?.holds === false);
  return { status: fails ? 'fail' : 'pass', claim, reasons, measures, signs: [] };
}

export const NO_QUASI_IDENTIFIER: Unjudged = {
  claim: 'No column is declared a quasi-identifier, so no record can be told from another by one.',
  reasons: ['Declare what an adversary may know of a person, as in `data.table.roles: { "age": "quasi-identifier" }`.'],
};

export const NO_RECORDS: Unjudged = {
  claim: 'The table has no records.',
  reasons: ['Name the file that holds the records in `data.table.file`.'],
};

/** What is true of every census, with what this one has to say in between. */
export function commonReasons(
  { suppressed, identifiers }: { readonly suppressed: number; readonly identifiers: readonly string[] },
  own: readonly string[],
): string[] {
  return [
    'Every record of the table was counted, so the numbers have no sampling error and no interval.',
    ...own,
    ...(suppressed > 0 ? [suppressedSentence(suppressed)] : []),
    ...(identifiers.length > 0
      ? [`The identifiers ${identifiers.join(', ')} are taken to be removed before the table is released.`]
      : []),
  ];
}

export function suppressedSentence(suppressed: number): string {
  return suppressed === 1
    ? '1 record has no quasi-identifier left: it is suppressed and counted in no class.'
    : `${grouped(suppressed)} records have no quasi-identifier left: they are suppressed and counted in no class.`;
}

/** Longer values are cut: a cell of a table is not the place for a text. */
const MAX_CHARACTERS = 60;

/** At most 60 characters of a value, whole ones. */
export function shortened(value: string | null): string | null {
  if (value === null) return null;
  const characters = Array.from(value.slice(0, 4 * MAX_CHARACTERS));
  return characters.length <= MAX_CHARACTERS ? value : `${characters.slice(0, MAX_CHARACTERS - 1).join('')}…`;
}
