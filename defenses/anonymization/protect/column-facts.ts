import { counted, percent } from '#base/format';
import type { InferredRole } from '#data/roles/infer-roles';
import type { ColumnRole, TableColumn } from '#data/table';
import type { ColumnFacts, UndeclaredColumns } from '#plugin/anonymizing';
import type { EncodedTable, Release } from '../contract.js';
import { perturbationSentence, type PerturbedColumn } from '../perturbation/perturb.js';
import { distinguishingSets, type ToldApart } from '../risk/distinction.js';
import { undeclaredSentence } from '../risk/re-identification-judge.js';

/** What is known of the columns of a table, and what a release does to each. */
export function columnFacts(
  columns: readonly TableColumn[],
  inferred: Inferred,
  released: { readonly table: EncodedTable; readonly release: Release | null },
  done: readonly PerturbedColumn[],
): ColumnFacts[] {
  return columns.map(({ name, role, type }) => {
    // One that is left out needs no better role.
    const suggestion = role === 'identifier' ? undefined : inferred.get(name);
    const differs = suggestion !== undefined && suggestion.suggested !== role;
    return {
      ...{ name, type, role },
      suggested: differs ? `${suggestion.suggested}: ${suggestion.evidence}` : null,
      ...withPerturbation(treatmentOf(name, role, released), perturbationSentence(done, name)),
    };
  });
}

type Inferred = ReadonlyMap<string, InferredRole>;

type Treatment = Pick<ColumnFacts, 'treatment' | 'what'>;

/** What was done first stands first. */
function withPerturbation({ treatment, what }: Treatment, perturbed: string | null): Treatment {
  if (perturbed === null) return { treatment, what };
  return treatment === 'generalized'
    ? { treatment, what: `${perturbed} ${what}` }
    : { treatment: 'perturbed', what: perturbed };
}

function treatmentOf(
  name: string,
  role: ColumnRole,
  { table, release }: { readonly table: EncodedTable; readonly release: Release | null },
): Treatment {
  if (role === 'identifier') return { treatment: 'removed', what: 'Removed: an identifier.' };
  if (role !== 'quasi-identifier') return { treatment: 'kept', what: 'Kept as it is.' };
  const released = release?.columns.find((column) => column.name === name);
  if (release == null || released === undefined) return { treatment: 'kept', what: 'Nothing was done.' };
  const { codes, shares, labels } = released;
  let [changed, kept] = [0, 0];
  const seen = new Uint8Array(labels.length);
  for (const [row, code] of codes.entries()) {
    if (release.suppressed[row] === 1) continue;
    const records = table.weights?.[row] ?? 1;
    kept += records;
    seen[code] = 1;
    if ((shares[code] ?? 0) > 0) changed += records;
  }
  const different = seen.reduce((sum, each) => sum + each, 0);
  if (changed === 0) return { treatment: 'kept', what: 'Kept as it is, but for suppressed records.' };
  // Nothing is written in place of a cell that was emptied.
  const emptied = labels.every((label, code) => label === null || shares[code] === 0);
  if (emptied) {
    return { treatment: 'generalized', what: `Emptied in ${percent(changed / kept)} of the records that are kept.` };
  }
  return {
    treatment: 'generalized',
    what: `Generalized to ${counted(different, 'value')}; ${percent(changed / kept)} of the records that are kept are less exact.`,
  };
}

/** Columns that look as if others knew them, or as if they named a person, and that no role says so of. */
export function undeclaredColumns(columns: readonly TableColumn[], inferred: Inferred): UndeclaredColumns[] {
  return columns.flatMap(({ name, role }) => {
    const suggestion = inferred.get(name);
    if (role !== 'insensitive' || suggestion === undefined) return [];
    if (suggestion.suggested !== 'quasi-identifier' && suggestion.suggested !== 'identifier') return [];
    return [
      { columns: [name], sentence: `${name} looks like ${nounOf[suggestion.suggested]}: ${suggestion.evidence}` },
    ];
  });
}

/** Sets of columns that tell half of the records apart, and are not declared. */
export function undeclaredSets(records: ToldApart): UndeclaredColumns[] {
  return distinguishingSets(records, { bar: 0.5, maximumSize: 3 }).sets.map((set) => ({
    columns: [...set.columns],
    sentence: undeclaredSentence(set),
  }));
}

const nounOf = { 'quasi-identifier': 'a quasi-identifier', identifier: 'an identifier' } as const;
