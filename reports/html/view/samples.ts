import type { HeatMapsDetail, ImagePairsDetail, TokensDetail } from '#report/details';
import { formatCount, formatPercent } from '../../format.js';
import type { FigureContext } from './context.js';
import type { HeatLegend } from './feature-chart-schema.js';
import type { Caption, Figure } from './figure-schema.js';
import type { Phrase } from './phrase-schema.js';
import { dataTable } from './tables.js';
import { tokensFigure } from './tokens.js';
import { asPhrase, headed } from './words.js';

/** Figures that show samples of the data: not drawn where the run was told to show only their indices. */

const MOST_INDICES = 100;
const MOST_ROWS = 60;

/** A figure's caption, and what it is called where it is referred to. */
export interface Numbered {
  readonly caption: Caption;
  readonly id: string;
  readonly number: number;
}

type SampleDetail = ImagePairsDetail | HeatMapsDetail | TokensDetail;

export function sampleFigure(detail: SampleDetail, context: FigureContext): Figure {
  const { words, write } = context;
  const { label, ...numbered } = context.numbers.figure();
  const caption = { label, title: write.english(detail.title) };
  if (detail.rows.length === 0) return { kind: 'absent', caption, sentence: words.figures.noSamples };
  if (context.samples === 'ids') {
    return { kind: 'absent', caption, sentence: indicesOnly(detail, context) };
  }
  switch (detail.kind) {
    case 'image-pairs':
      return imagePairs(detail, caption, context);
    case 'heat-maps':
      return heatMaps(detail, { caption, ...numbered }, context);
    case 'tokens':
      return tokensFigure(detail, { caption, ...numbered }, context);
  }
}

function indicesOnly({ rows }: SampleDetail, { words }: FigureContext): string {
  const { shown, left } = headed([...new Set(rows.map(({ sample }) => sample))], MOST_INDICES);
  return words.figures.indices(words.list(shown.map(String)), left);
}

function imagePairs(detail: ImagePairsDetail, caption: Caption, context: FigureContext): Figure {
  const { pictures, words, write } = context;
  const { figures } = words;
  const { shown, left } = headed(detail.rows, MOST_ROWS);
  return {
    kind: 'gallery',
    caption,
    description: [write.sentence(detail.chosen), asPhrase(figures.perturbations), ...rest(left, context)],
    legend: null,
    data: null,
    rows: shown.map((row) => {
      const sample = formatCount(row.sample);
      const [before, after] = [prediction(row.before, context), prediction(row.after, context)];
      const scale = `× ${write.number(row.amplification)}`;
      return {
        heading: figures.sample(sample),
        why: write.english(row.why),
        facts: [figures.truth(write.name(row.truth)), figures.epsilon(write.epsilon(row.epsilon))],
        shots: [
          {
            name: figures.original,
            image: pictures.image(row.original, figures.originalText(sample, before.join(' ')), 'mean'),
            lines: before,
          },
          {
            name: figures.perturbation,
            image: pictures.image(row.perturbation, figures.perturbationText(sample, scale), 'nearest'),
            lines: [scale, `${write.name(row.norm.kind)} ${write.number(row.norm.value)}`],
          },
          {
            name: figures.adversarial,
            image: pictures.image(row.adversarial, figures.adversarialText(sample, after.join(' ')), 'mean'),
            lines: after,
          },
        ],
      };
    }),
  };
}

/** Maps of one unit have one scale throughout the page; pictures of older runs have the colours and the scale of their run. */
function heatMaps(detail: HeatMapsDetail, { caption, id, number }: Numbered, context: FigureContext): Figure {
  const { pictures, words, write } = context;
  const { figures, features } = words;
  const { shown, left } = headed(detail.rows, MOST_ROWS);
  const isScaled = shown.every(({ map }) => map === null || pictures.hasScale(map));
  const scale = isScaled ? (pictures.scales.get(detail.unit ?? '') ?? detail.scale) : detail.scale;
  const written = write.number(scale);
  const sentence = asPhrase(isScaled ? features.mapScale(written) : figures.mapScale(written));
  const share = scale > 0 ? detail.scale / scale : 1;
  return {
    kind: 'gallery',
    caption,
    description: [write.sentence(detail.chosen), sentence, ...rest(left, context)],
    legend: isScaled && scale > 0 ? legendOf(detail, `${id}-legend`, scale, sentence.text, context) : null,
    rows: shown.map((row, i) => {
      const sample = formatCount(row.sample);
      const map = pictures.map(row.map, figures.mapText(sample), `${id}-map-${i + 1}`, share);
      return {
        heading: figures.sample(sample),
        why: write.english(row.caption),
        facts: mapFacts(row, context),
        shots: [
          { name: figures.input, image: pictures.image(row.input, figures.inputText(sample), 'mean'), lines: [] },
          { name: figures.map, image: map, lines: [] },
        ],
      };
    }),
    data: mapTable(shown, number, context),
  };
}

function legendOf(
  { unit }: HeatMapsDetail,
  id: string,
  scale: number,
  summary: string,
  { words, write }: FigureContext,
): HeatLegend {
  const { negative, positive, mapUnit } = words.features;
  return {
    id,
    lang: unit === undefined ? null : write.english(unit).lang,
    unit: unit === undefined ? mapUnit : write.name(unit),
    summary,
    scale,
    words: { negative, positive },
  };
}

type MapRow = HeatMapsDetail['rows'][number];

/** Its sum, and its strongest places. */
function mapFacts({ summary }: MapRow, { words, write }: FigureContext): string[] {
  if (summary === undefined || summary === null) return [];
  const places = summary.strongest.map(({ row, column, value }) =>
    words.features.mapPlace(write.number(value), formatCount(row), formatCount(column)),
  );
  return [words.features.mapSum(write.number(summary.sum)), ...places];
}

/** Sums over a few parts of each map, where the run recorded them. */
function mapTable(rows: readonly MapRow[], number: number, context: FigureContext) {
  const { words, write } = context;
  const { mapTable, mapPart, mapAcross, mapDown } = words.features;
  const parts = rows.flatMap(({ sample, caption, summary }) =>
    (summary?.cells ?? []).map((cells, i, all) => ({ sample, caption, cells, place: shareOf(i, all.length) })),
  );
  const across = parts.reduce((most, { cells }) => Math.max(most, cells.length), 0);
  if (across === 0) return null;
  const columns = [
    { label: mapPart, numeric: false },
    { label: words.figures.map, numeric: false },
    ...Array.from({ length: across }, (_, i) => ({ label: mapAcross(...shareOf(i, across)), numeric: true })),
  ];
  const table = dataTable(context, { title: mapTable, empty: words.figures.noSamples }, columns, parts, (part) => [
    mapDown(words.figures.sample(formatCount(part.sample)), ...part.place),
    write.english(part.caption),
    ...part.cells.map((sum) => write.number(sum)),
  ]);
  return { behind: words.figures.behind(number), table };
}

/** From and to, in percent of the whole. */
function shareOf(index: number, count: number): [string, string] {
  return [String(Math.round((100 * index) / count)), String(Math.round((100 * (index + 1)) / count))];
}

/** The label, and its probability where the head has one. */
function prediction(
  { label, probability }: ImagePairsDetail['rows'][number]['before'],
  { write }: FigureContext,
): string[] {
  return [write.name(label), ...(probability === null ? [] : [formatPercent(probability)])];
}

function rest(left: number, { words }: FigureContext): Phrase[] {
  return left === 0 ? [] : [asPhrase(words.figures.left(left))];
}
