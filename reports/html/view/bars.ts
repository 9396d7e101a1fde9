import type { BarsDetail } from '#report/details';
import type { FigureContext } from './context.js';
import type { DataTable, Figure } from './figure-schema.js';
import { alignedNumbers, laneName } from './lanes.js';
import { dataTable } from './tables.js';
import { asPhrase, headed } from './words.js';

const MOST_BARS = 24;
const NAMED = 3;

export function barsFigure(detail: BarsDetail, context: FigureContext): Figure {
  const { units, words, write } = context;
  const title = write.english(detail.title);
  const { id, number, label } = context.numbers.figure();
  const caption = { label, title };
  if (detail.rows.length === 0) return { kind: 'absent', caption, sentence: words.features.none };
  const { shown, left } = headed(detail.rows, MOST_BARS);
  const { reference, x } = detail;
  const written = alignedNumbers(
    shown.map(({ value }) => value),
    x.format,
    context,
  );
  const rows = shown.map(({ name, value, low, high }) => ({
    ...laneName(name, context),
    value: null,
    number: written(value),
    at: value,
    interval: low === undefined || high === undefined ? null : { low, high },
  }));
  return {
    kind: 'bars',
    caption,
    description: [
      write.sentence(detail.description),
      ...(rows.some(({ interval }) => interval !== null) ? [asPhrase(words.features.errors)] : []),
      ...(left === 0 ? [] : [asPhrase(words.figures.left(left))]),
    ],
    chart: {
      id,
      lang: title.lang,
      title: title.text,
      summary: summary(detail, context),
      x: { label: write.name(x.label), format: x.format, units },
      rows,
      reference: reference === undefined ? null : { x: reference.x, label: write.name(reference.label) },
    },
    behind: words.figures.behind(number),
    table: table(detail, context),
  };
}

function summary({ rows, x }: BarsDetail, { words, write }: FigureContext): string {
  const strongest = [...rows].sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, NAMED);
  const named = strongest.map(({ name, value }) =>
    words.figures.series(write.name(name), write.value(value, x.format)),
  );
  return words.features.largest(words.list(named));
}

function table({ title, x, rows }: BarsDetail, context: FigureContext): DataTable {
  const { words, write } = context;
  const columns = [
    { label: words.features.name, numeric: false },
    { label: write.english(x.label), numeric: true },
    { label: words.interval, numeric: true },
  ];
  const texts = { title: write.english(title), empty: words.features.none };
  return dataTable(context, texts, columns, rows, ({ name, value, low, high }) => [
    write.english(name),
    write.value(value, x.format),
    low === undefined || high === undefined ? null : write.interval({ low, high }, x.format),
  ]);
}
