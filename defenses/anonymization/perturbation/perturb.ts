import { AssayError } from '#base/errors';
import { counted, percent } from '#base/format';
import type { Column, RowTable } from '#data/table';
import type { RandomStreams } from '#stats/random';
import type { EncodedColumn } from '../contract.js';
import { decodedColumn } from '../encoding/decode.js';
import { encodeTable } from '../encoding/encode.js';
import type { PerturbationConfig } from './config.js';
import { addNoise } from './noise.js';
import { pram, type Pram } from './pram.js';
import type { Effect, ProtectedColumn } from './protected-column.js';
import { rankSwap } from './rank-swapping.js';
import { topBottomCode } from './top-bottom.js';

/** One column behind one perturbation. */
export interface PerturbedColumn {
  readonly column: string;
  readonly method: PerturbationConfig['method'];
  readonly effect: Effect;
  /** By which values were changed, for those who undo it in expectation; null but for PRAM. */
  readonly transition: Pick<Pram, 'values' | 'transition'> | null;
}

export interface PerturbedTable {
  readonly table: RowTable;
  /** In the order in which it was done. */
  readonly done: readonly PerturbedColumn[];
}

/**
 * A table with perturbed columns, one step after the other; rows keep their places.
 *
 * @param random forked by step and column
 * @throws AssayError `config` for a column that is not there or is an identifier; `data` where values do not fit a method
 */
export function perturbTable(
  table: RowTable,
  steps: readonly PerturbationConfig[],
  random: RandomStreams,
): PerturbedTable {
  const columns = [...table.columns];
  const done: PerturbedColumn[] = [];
  for (const [i, step] of steps.entries()) {
    const places = step.columns.map((name) => placeOf(columns, name));
    const encoded = encodeTable({ ...table, columns: places.flatMap((place) => columns[place] ?? []) }).columns;
    for (const [j, changed] of perturbed(encoded, step, random.fork(i)).entries()) {
      const { column, effect } = changed;
      columns[places[j] ?? -1] = decodedColumn(column);
      const transition = 'transition' in changed ? changed : null;
      done.push({ column: column.name, method: step.method, effect, transition });
    }
  }
  return { table: { ...table, columns }, done };
}

function perturbed(
  columns: readonly EncodedColumn[],
  step: PerturbationConfig,
  random: RandomStreams,
): readonly (ProtectedColumn | Pram)[] {
  switch (step.method) {
    case 'top-bottom-coding':
      return columns.map((column) => topBottomCode(column, step));
    case 'pram':
      return columns.map((column) => pram(column, step, random.fork(column.name)));
    case 'rank-swapping':
      return columns.map((column) => rankSwap(column, step, random.fork(column.name)));
    case 'noise':
      return addNoise(columns, step, random);
  }
}

function placeOf(columns: readonly Column[], name: string): number {
  const place = columns.findIndex((column) => column.name === name);
  if (place >= 0 && columns[place]?.role !== 'identifier') return place;
  throw new AssayError('config', {
    where: '`anonymize.perturb`',
    what:
      place < 0
        ? `there is no column ${JSON.stringify(name)}`
        : `${JSON.stringify(name)} is an identifier, and identifiers are left out of the protected table`,
    mend: `Name columns of ${columns
      .filter(({ role }) => role !== 'identifier')
      .map((column) => JSON.stringify(column.name))
      .join(', ')}.`,
  });
}

export const METHOD_NAMES: Readonly<Record<PerturbationConfig['method'], string>> = {
  'top-bottom-coding': 'top and bottom coding',
  pram: 'post-randomization (PRAM)',
  'rank-swapping': 'rank swapping',
  noise: 'additive noise',
};

/** In one sentence what became of a column; null where no step named it. */
export function perturbationSentence(done: readonly PerturbedColumn[], name: string): string | null {
  const own = done.filter(({ column }) => column === name);
  if (own.length === 0) return null;
  const steps = own.map(
    ({ method, effect }) =>
      `${METHOD_NAMES[method]} changed ${percent(effect.present === 0 ? 0 : effect.changed / effect.present)} of ${counted(effect.present, 'value')}`,
  );
  return `Perturbed: ${steps.join('; ')}.`;
}
