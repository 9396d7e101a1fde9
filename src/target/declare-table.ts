import { AssayError } from '#base/errors';
import { sizeOf } from '#base/tensor';
import type { ColumnConfig, DomainConfig, RelationConfig } from '#config/domain-schema';
import type { OneHotColumn, Relation, ScalarColumn, TableColumn, TabularDomain } from './domain.js';

/** A column with what the model receives: (x - mean) / std, in the units of the domain. */
interface Placed {
  readonly column: TableColumn;
  readonly mean: number;
  readonly std: number;
}

/** Domains are told apart by what they do: where no column is declared, one range holds for all. */
export function hasColumns(config: DomainConfig): config is DomainConfig & Required<Pick<DomainConfig, 'columns'>> {
  return config.columns !== undefined;
}

/**
 * Lays declared columns side by side as a model takes them.
 *
 * @param shape of one sample, as the model has it
 * @throws AssayError `config` where columns and model do not agree, naming the column
 */
export function tableDomain(
  config: DomainConfig & Required<Pick<DomainConfig, 'columns'>>,
  shape: readonly number[],
  where: string,
): TabularDomain {
  refuseOthers(config, where);
  const placed: Placed[] = [];
  let position = 0;
  for (const [i, column] of config.columns.entries()) {
    const place = placedAt(column, config, position, `${where}, \`target.domain.columns[${i}]\``);
    if (placed.some((other) => other.column.name === column.name)) {
      throw wrong(`${where}, \`target.domain.columns[${i}]\``, `two columns are named ${quoted(column.name)}`);
    }
    placed.push(place);
    position += widthOf(place.column);
  }
  const size = sizeOf(shape);
  if (shape.at(-1) !== size || position !== size) {
    throw new AssayError('config', {
      where,
      what: `\`target.domain.columns\` make ${position} values, and the model takes samples of shape [${shape.join(', ')}]`,
      mend: 'Declare every column in the order of the model; a one-hot column takes one position a category.',
    });
  }
  const columns = placed.map(({ column }) => column);
  const each = (of: (place: Placed) => number) =>
    placed.flatMap((place) => Array.from({ length: widthOf(place.column) }, () => of(place)));
  return {
    kind: 'tabular',
    shape,
    range: hullOf(columns),
    mean: each(({ mean }) => mean),
    std: each(({ std }) => std),
    columns,
    relations: (config.relations ?? []).map((relation, i) =>
      relationOf(relation, columns, `${where}, \`target.domain.relations[${i}]\``),
    ),
  };
}

function refuseOthers(config: DomainConfig, where: string): void {
  if (config.kind !== 'tabular') {
    throw wrong(
      where,
      `\`target.domain.columns\` are of a table, and \`target.domain.kind\` is ${quoted(config.kind)}`,
    );
  }
  const other = config.mean != null ? 'mean' : config.std != null ? 'std' : null;
  if (other === null) return;
  throw new AssayError('config', {
    where,
    what: `\`target.domain.${other}\` is given beside \`target.domain.columns\``,
    mend: 'Give each column its own `mean` and `std`.',
  });
}

function placedAt(config: ColumnConfig, domain: DomainConfig, position: number, where: string): Placed {
  checkParts(config, where);
  if (config.kind === 'one-hot') return { column: oneHot(config, position), mean: 0, std: 1 };
  const [low, high] = rangeOf(config, domain, where);
  const width = high - low;
  const units = domain.units === 'range' ? { offset: low, factor: width } : { offset: 0, factor: 1 };
  const toDomain = (value: number) => (value - units.offset) / units.factor;
  const step = config.kind === 'integer' ? (config.step ?? 1) : config.kind === 'ordinal' ? 1 : null;
  const column: ScalarColumn = {
    kind: config.kind ?? 'numeric',
    name: config.name,
    immutable: config.immutable ?? false,
    position,
    range: [toDomain(low), toDomain(high)],
    grid: step === null ? null : { origin: toDomain(0), step: step / units.factor },
    categories: config.categories ?? null,
    units,
  };
  return { column, mean: toDomain(config.mean ?? 0), std: (config.std ?? 1) / units.factor };
}

function oneHot({ name, immutable, categories = [] }: ColumnConfig, position: number): OneHotColumn {
  return {
    kind: 'one-hot',
    name,
    immutable: immutable ?? false,
    positions: categories.map((_, i) => position + i),
    categories,
  };
}

/** Codes of an ordinal column count from 0; all else has its own range or that of the domain. */
function rangeOf(config: ColumnConfig, domain: DomainConfig, where: string): readonly [number, number] {
  const codes: readonly [number, number] = [0, Math.max(1, (config.categories?.length ?? 1) - 1)];
  const range = config.kind === 'ordinal' ? codes : (config.range ?? domain.range);
  if (range == null)
    throw wrong(where, `the column ${quoted(config.name)} has no range, and neither has \`target.domain\``);
  if (!(range[0] < range[1])) {
    throw wrong(where, `the range [${range.join(', ')}] does not begin with the lower of two different values`);
  }
  const step = config.step ?? 1;
  if (config.kind === 'integer' && Math.floor(range[1] / step) < Math.ceil(range[0] / step)) {
    throw wrong(where, `there is no multiple of ${step} in the range [${range.join(', ')}]`);
  }
  return range;
}

/** Which entries belong to which kind of column. */
function checkParts(config: ColumnConfig, where: string): void {
  const kind = config.kind ?? 'numeric';
  const categorical = kind === 'ordinal' || kind === 'one-hot';
  const owners: Readonly<Record<string, boolean>> = {
    range: !categorical,
    step: kind === 'integer',
    categories: categorical,
    mean: kind !== 'one-hot',
    std: kind !== 'one-hot',
  };
  const foreign = Object.keys(owners).find((key) => owners[key] === false && key in config);
  if (foreign !== undefined) throw wrong(where, `\`${foreign}\` is given, and the column is ${kind}`);
  if (!categorical) return;
  if (config.categories === undefined) throw wrong(where, `the column is ${kind} and has no \`categories\``);
  const twice = config.categories.find((name, i) => config.categories?.indexOf(name) !== i);
  if (twice !== undefined) throw wrong(where, `the category ${quoted(twice)} is listed twice`);
}

function relationOf(config: RelationConfig, columns: readonly TableColumn[], where: string): Relation {
  const sides = (['atMost', 'atLeast', 'equals'] as const).filter((side) => config[side] !== undefined);
  const [side] = sides;
  if (side === undefined || sides.length > 1) {
    throw wrong(where, 'a relation has exactly one of `atMost`, `atLeast` and `equals`');
  }
  const bound = config[side] ?? NaN;
  const sign = side === 'atLeast' ? -1 : 1;
  const terms = Object.entries(config.sum).map(([name, weight]) => ({ ...placeOf(name, columns, where), weight }));
  const shift = terms.reduce((sum, { offset, weight }) => sum + weight * offset, 0);
  return {
    text: textOf(config.sum, side, bound),
    terms: terms.map(({ position, factor, weight }) => ({ position, weight: sign * weight * factor })),
    kind: side === 'equals' ? 'equal' : 'at-most',
    bound: sign * (bound - shift),
  };
}

/** Where a name of a relation stands: a column with a number, or a category of a group as `name=category`. */
function placeOf(
  name: string,
  columns: readonly TableColumn[],
  where: string,
): { position: number; offset: number; factor: number } {
  for (const column of columns) {
    if (column.kind !== 'one-hot') {
      if (column.name === name) return { position: column.position, ...column.units };
      continue;
    }
    const category = column.categories.findIndex((each) => `${column.name}=${each}` === name);
    const position = column.positions[category];
    if (position !== undefined) return { position, offset: 0, factor: 1 };
  }
  throw wrong(where, `there is no column ${quoted(name)}, which the relation names`);
}

function textOf(sum: RelationConfig['sum'], side: 'atMost' | 'atLeast' | 'equals', bound: number): string {
  const sides = { atMost: '<=', atLeast: '>=', equals: '=' };
  const terms = Object.entries(sum).map(([name, weight], i) => {
    const sign = weight < 0 ? (i === 0 ? '-' : ' - ') : i === 0 ? '' : ' + ';
    return `${sign}${Math.abs(weight) === 1 ? '' : `${Math.abs(weight)} `}${name}`;
  });
  return `${terms.join('')} ${sides[side]} ${bound}`;
}

function hullOf(columns: readonly TableColumn[]): readonly [number, number] {
  const ranges = columns.map((column): readonly [number, number] =>
    column.kind === 'one-hot' ? [0, 1] : column.range,
  );
  return [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))];
}

function widthOf(column: TableColumn): number {
  return column.kind === 'one-hot' ? column.positions.length : 1;
}

function quoted(name: string): string {
  return JSON.stringify(name);
}

function wrong(where: string, what: string): AssayError {
  return new AssayError('config', { where, what });
}
