import type { WaterfallDetail } from '#report/details';
import type { FigureContext } from './context.js';
import type { WaterfallChart } from './feature-chart-schema.js';
import type { DataTable, Figure } from './figure-schema.js';
import { alignedChanges, alignedNumbers, HALF_WIDTH, laneName, signed } from './lanes.js';
import { dataTable } from './tables.js';
import { asPhrase } from './words.js';

/** More bars than this are not read: the weak ones are added up. */
const MOST_BARS = 12;
/** What a sum of single-precision numbers may be away from their target, as a share of the largest of them. */
const ROUNDING = 1e-6;
/** Named in the description for those who do not see the picture. */
const NAMED = 3;

type Row = WaterfallDetail['rows'][number];
type Step = WaterfallChart['steps'][number];

export function waterfallFigure(detail: WaterfallDetail, context: FigureContext): Figure {
  const { units, words, write } = context;
  const title = write.english(detail.title);
  const { id, number, label } = context.numbers.figure();
  const caption = { label, title };
  if (detail.rows.length === 0) return { kind: 'absent', caption, sentence: words.features.none };
  const rows = [...detail.rows].sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  const steps = stepsOf(rows, detail, context);
  const written = alignedNumbers([detail.baseValue, detail.prediction], detail.x.format, context);
  const milestone = (name: string, at: number) => ({
    ...{ name, lang: null, value: null },
    number: written(at),
    at,
  });
  const hasErrors = steps.some(({ interval }) => interval !== null);
  return {
    kind: 'waterfall',
    caption,
    description: [
      write.sentence(detail.description),
      asPhrase(words.features.directions),
      ...(hasErrors ? [asPhrase(words.features.errors)] : []),
    ],
    chart: {
      id,
      lang: title.lang,
      title: title.text,
      summary: summary(rows, detail, context),
      x: { label: write.name(detail.x.label), format: detail.x.format, units },
      base: milestone(words.features.base, detail.baseValue),
      steps,
      prediction: milestone(words.features.prediction, detail.prediction),
    },
    behind: words.figures.behind(number),
    table: table(rows, detail, context),
  };
}

/** From the base value on, each from where the last one ended; the last ends at the prediction. */
export function stepsOf(rows: readonly Row[], detail: WaterfallDetail, context: FigureContext): Step[] {
  const { features } = context.words;
  const shown = rows.length > MOST_BARS ? rows.slice(0, MOST_BARS - 1) : rows;
  const rest = rows.slice(shown.length);
  const written = alignedChanges(
    rows.map(({ contribution }) => contribution),
    detail.x.format,
    context,
  );
  let at = detail.baseValue;
  const step = (lane: Pick<Step, 'name' | 'lang' | 'value' | 'kind'>, contribution: number, error = 0): Step => {
    const from = at;
    at += contribution;
    return {
      ...lane,
      number: written(contribution),
      from,
      to: at,
      interval: error > 0 ? { low: at - HALF_WIDTH * error, high: at + HALF_WIDTH * error } : null,
    };
  };
  const steps = shown.map(({ feature, value, contribution, standardError }) =>
    step(
      { ...laneName(feature, context), value: value === null ? null : context.write.name(value), kind: 'feature' },
      contribution,
      standardError,
    ),
  );
  const own = { lang: null, value: null };
  if (rest.length > 0) steps.push(step({ ...own, name: features.others(rest.length), kind: 'rest' }, total(rest)));
  if (isLeft(detail)) steps.push(step({ ...own, name: features.residual, kind: 'residual' }, detail.prediction - at));
  const last = steps[steps.length - 1];
  if (last !== undefined) steps[steps.length - 1] = { ...last, to: detail.prediction };
  return steps;
}

/** Whether the contributions leave something to the prediction that rounding does not explain. */
function isLeft({ rows, baseValue, prediction }: WaterfallDetail): boolean {
  const largest = rows.reduce(
    (most, { contribution }) => Math.max(most, Math.abs(contribution)),
    Math.max(Math.abs(baseValue), Math.abs(prediction)),
  );
  return Math.abs(prediction - baseValue - total(rows)) > ROUNDING * largest;
}

function total(rows: readonly Row[]): number {
  return rows.reduce((sum, { contribution }) => sum + contribution, 0);
}

function summary(rows: readonly Row[], { baseValue, prediction, x }: WaterfallDetail, context: FigureContext): string {
  const { words, write } = context;
  const strongest = rows
    .slice(0, NAMED)
    .map(({ feature, contribution }) =>
      words.figures.series(write.name(feature), signed(contribution, x.format, context)),
    );
  const [from, to] = [write.value(baseValue, x.format), write.value(prediction, x.format)];
  return words.features.waterfall(from, to, words.list(strongest));
}

function table(rows: readonly Row[], detail: WaterfallDetail, context: FigureContext): DataTable {
  const { words, write } = context;
  const { features } = words;
  const { format } = detail.x;
  const hasErrors = rows.some(({ standardError }) => standardError !== undefined);
  const columns = [
    { label: features.name, numeric: false },
    { label: features.value, numeric: false },
    { label: features.contribution, numeric: true },
    ...(hasErrors ? [{ label: features.standardError, numeric: true }] : []),
  ];
  const left = detail.prediction - detail.baseValue - total(rows);
  const lines = [
    [features.base, null, write.value(detail.baseValue, format), null],
    ...rows.map(({ feature, value, contribution, standardError }) => [
      write.english(feature),
      value === null ? null : write.english(value),
      signed(contribution, format, context),
      standardError === undefined ? null : write.number(standardError),
    ]),
    ...(isLeft(detail) ? [[features.residual, null, signed(left, format, context), null]] : []),
    [features.prediction, null, write.value(detail.prediction, format), null],
  ];
  const texts = { title: write.english(detail.title), empty: features.none };
  return dataTable(context, texts, columns, lines, (line) => line);
}
