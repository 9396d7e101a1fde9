import { row, rowsOf, type Tensor } from '#base/tensor';
import type { EffectDetail } from '#report/details';
import type { ScalarColumn, TableColumn } from '#target/domain';
import { accumulatedLocalEffects } from '../methods/global/ale.js';
import { quantileGrid } from '../methods/global/grid.js';
import { centred, individualExpectations, partialDependence } from '../methods/global/partial-dependence.js';
import type { Answers, Quantity } from '../methods/global/quantity.js';

export interface EffectQuestion {
  readonly model: Answers;
  readonly column: TableColumn;
  /** [n, ...shape] */
  readonly inputs: Tensor;
  /** Places of the inputs in their data set. */
  readonly indices: readonly number[];
  readonly quantity: Quantity;
  /** What the quantity is called. */
  readonly label: string;
  /** The sample that is marked, [1, ...shape]. */
  readonly marked?: { readonly input: Tensor; readonly index: number };
}

export interface EffectOptions {
  /** Points of partial dependence, and bins of accumulated local effects. */
  readonly points: number;
  /** Individual lines that are drawn. */
  readonly lines: number;
  /** Whether individual lines start at 0. */
  readonly centred: boolean;
}

/** Partial dependence and individual expectations of one column. */
export async function dependenceDetail(question: EffectQuestion, options: EffectOptions): Promise<EffectDetail> {
  const { model, column, inputs, indices, quantity, marked } = question;
  const { positions, settings, xs } = settingsOf(column, inputs, options.points, marked?.input);
  const found = await individualExpectations(model, inputs, positions, settings, quantity);
  const lines = options.centred ? centred(found, settings.length) : found;
  const mean = partialDependence(lines, settings.length);
  const drawn = indices.slice(0, options.lines);
  const own = marked === undefined ? null : await lineOf(question, positions, settings, options.centred);
  return {
    kind: 'effect',
    title: `Partial dependence on ${column.name}`,
    description:
      `The mean ${question.label} over ${rowsOf(inputs)} rows when ${column.name} is set to one value after another and all ` +
      'else stays (thick), and that of single rows (thin). Where columns depend on each other, some of these rows exist nowhere.' +
      (options.centred ? ' Every line starts at 0.' : ''),
    x: axisOf(column),
    y: { label: question.label, format: 'number' },
    mean: { name: 'Partial dependence', points: xs.map((x, k) => ({ x, y: mean[k] ?? NaN })) },
    individual: [
      ...drawn.map((sample, i) => ({ sample, y: [...lines.subarray(i * xs.length, (i + 1) * xs.length)] })),
      ...(own === null || marked === undefined ? [] : [{ sample: marked.index, y: own }]),
    ],
    ...(marked === undefined || own === null ? {} : { marked: markOf(column, marked, xs, own) }),
    rug: rugOf(column, inputs),
  };
}

/** Accumulated local effects of one column; null for categories, which have no order to accumulate along. */
export async function accumulatedDetail(
  question: EffectQuestion,
  { points }: EffectOptions,
): Promise<EffectDetail | null> {
  const { model, column, inputs, quantity } = question;
  if (column.kind === 'one-hot') return null;
  const { edges, effects } = await accumulatedLocalEffects(model, inputs, column.position, points, quantity);
  return {
    kind: 'effect',
    title: `Accumulated local effects of ${column.name}`,
    description:
      `How the ${question.label} changes with ${column.name} among the rows that are near each value, summed up; 0 is the mean ` +
      `over ${rowsOf(inputs)} rows. It asks for no row far from the data.`,
    x: axisOf(column),
    y: { label: `change of the ${question.label}`, format: 'number' },
    mean: {
      name: 'Accumulated local effects',
      points: edges.map((edge, k) => ({ x: inData(column, edge), y: effects[k] ?? NaN })),
    },
    individual: [],
    rug: rugOf(column, inputs),
  };
}

/** The values that a column is set to, and where they stand on the axis. */
function settingsOf(column: TableColumn, inputs: Tensor, points: number, marked?: Tensor) {
  if (column.kind === 'one-hot') {
    const settings = column.positions.map((_, k) => column.positions.map((__, j) => Number(j === k)));
    return { positions: column.positions, settings, xs: settings.map((_, k) => k) };
  }
  const { position } = column;
  const grid = quantileGrid(valuesOf(inputs, position), points);
  // So that the marked sample lies on its own line.
  const own = marked === undefined ? [] : valuesOf(marked, position);
  const values = [...new Set([...grid, ...own])].sort((a, b) => a - b);
  return { positions: [position], settings: values.map((value) => [value]), xs: values.map((x) => inData(column, x)) };
}

async function lineOf(
  { model, quantity, marked }: EffectQuestion,
  positions: readonly number[],
  settings: readonly (readonly number[])[],
  isCentred: boolean,
): Promise<number[] | null> {
  if (marked === undefined) return null;
  const line = await individualExpectations(model, marked.input, positions, settings, quantity);
  return [...(isCentred ? centred(line, settings.length) : line)];
}

function markOf(
  column: TableColumn,
  { input, index }: { readonly input: Tensor; readonly index: number },
  xs: readonly number[],
  line: readonly number[],
): { sample: number; x: number; y: number } {
  const [x = NaN] = rugOf(column, input);
  return { sample: index, x, y: line[xs.indexOf(x)] ?? NaN };
}

function axisOf(column: TableColumn): EffectDetail['x'] {
  const { categories } = column;
  return { label: column.name, format: 'number', ...(categories === null ? {} : { categories: [...categories] }) };
}

/** Where rows stand on the axis. */
function rugOf(column: TableColumn, inputs: Tensor): number[] {
  if (column.kind !== 'one-hot') return valuesOf(inputs, column.position).map((value) => inData(column, value));
  return Array.from({ length: rowsOf(inputs) }, (_, i) => {
    const values = row(inputs, i);
    return column.positions.findIndex((position) => (values[position] ?? NaN) > 0.5);
  });
}

function valuesOf(inputs: Tensor, position: number): number[] {
  return Array.from({ length: rowsOf(inputs) }, (_, i) => row(inputs, i)[position] ?? NaN);
}

/** In the units of the data; of an ordinal column the code, which is an index of its categories. */
function inData({ units: { offset, factor }, categories }: ScalarColumn, value: number): number {
  const own = offset + factor * value;
  // Float32 has about seven digits.
  return categories === null ? Number(own.toPrecision(6)) : Math.round(own);
}
