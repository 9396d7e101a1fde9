import type { HeatMapsDetail, ImagePairsDetail, TokensDetail } from '#report/details';
import { counted, formatCount, formatEpsilon, formatNumber, formatPercent } from '../../format.js';
import type { PageContext } from './context.js';
import type { Figure } from './figure-schema.js';
import { headed, name, sentence } from './words.js';

/** Figures that show samples of the data: not drawn where the run was told to show only their indices. */

const MOST_INDICES = 100;
const MOST_ROWS = 60;
const MOST_TOKENS = 400;

type SampleDetail = ImagePairsDetail | HeatMapsDetail | TokensDetail;

export function sampleFigure(detail: SampleDetail, context: PageContext): Figure {
  const { caption } = context.numbers.figure(name(detail.title));
  if (detail.rows.length === 0) return { kind: 'absent', caption, sentence: 'The audit kept no sample to show.' };
  if (context.report.provenance.samples === 'ids') return { kind: 'absent', caption, sentence: indicesOnly(detail) };
  switch (detail.kind) {
    case 'image-pairs':
      return imagePairs(detail, caption, context);
    case 'heat-maps':
      return heatMaps(detail, caption, context);
    case 'tokens':
      return tokens(detail, caption);
  }
}

function indicesOnly({ rows }: SampleDetail): string {
  const { shown, left } = headed([...new Set(rows.map(({ sample }) => sample))], MOST_INDICES);
  const rest = left === 0 ? '' : ` and ${formatCount(left)} more`;
  return `This run shows indices instead of samples. In the data set: ${shown.map(String).join(', ')}${rest}.`;
}

function imagePairs(detail: ImagePairsDetail, caption: string, { pictures, units }: PageContext): Figure {
  const { shown, left } = headed(detail.rows, MOST_ROWS);
  return {
    kind: 'gallery',
    caption,
    description: withRest(
      `${sentence(detail.chosen)} Perturbations are enlarged as written and drawn around grey.`,
      left,
    ),
    rows: shown.map((row) => {
      const sample = formatCount(row.sample);
      const [before, after] = [prediction(row.before), prediction(row.after)];
      const scale = `× ${formatNumber(row.amplification)}`;
      return {
        heading: `Sample ${sample}: ${name(row.why)}`,
        facts: [`Truth: ${name(row.truth)}`, `epsilon ${formatEpsilon(row.epsilon, units)}`],
        shots: [
          {
            name: 'Original',
            image: pictures.image(row.original, `Sample ${sample} as it is, seen as ${before.join(' ')}`, 'mean'),
            lines: before,
          },
          {
            name: 'Perturbation',
            image: pictures.image(row.perturbation, `The change to sample ${sample}, ${scale}, around grey`, 'nearest'),
            lines: [scale, `${name(row.norm.kind)} ${formatNumber(row.norm.value)}`],
          },
          {
            name: 'Adversarial',
            image: pictures.image(row.adversarial, `Sample ${sample} as changed, seen as ${after.join(' ')}`, 'mean'),
            lines: after,
          },
        ],
      };
    }),
  };
}

function heatMaps(detail: HeatMapsDetail, caption: string, { pictures }: PageContext): Figure {
  const { shown, left } = headed(detail.rows, MOST_ROWS);
  const scale = `Orange is positive, blue negative; full colour stands for ${formatNumber(detail.scale)} in every map.`;
  return {
    kind: 'gallery',
    caption,
    description: withRest(`${sentence(detail.chosen)} ${scale}`, left),
    rows: shown.map((row) => {
      const sample = formatCount(row.sample);
      return {
        heading: `Sample ${sample}: ${name(row.caption)}`,
        facts: [],
        shots: [
          { name: 'Input', image: pictures.image(row.input, `Sample ${sample} as it is`, 'mean'), lines: [] },
          {
            name: 'Map',
            image: pictures.image(row.map, `The map over sample ${sample}: ${name(row.caption)}`, 'nearest'),
            lines: [],
          },
        ],
      };
    }),
  };
}

/** One absolute scale for the figure, so that shades can be compared between rows. */
function tokens(detail: TokensDetail, caption: string): Figure {
  const { shown, left } = headed(detail.rows, MOST_ROWS);
  const most = shown.flatMap((row) => row.tokens).reduce((high, { value }) => Math.max(high, Math.abs(value)), 0);
  return {
    kind: 'tokens',
    caption,
    description: withRest(
      `Orange with a solid line is positive, blue with a dotted line negative; the deepest shade stands for ${formatNumber(most)}.`,
      left,
    ),
    rows: shown.map((row) => {
      const cut = headed(row.tokens, MOST_TOKENS);
      const rest =
        cut.left === 0 ? '' : `, the first ${counted(cut.shown.length, 'token')} of ${formatCount(row.tokens.length)}`;
      return {
        heading: `Sample ${formatCount(row.sample)}${rest}`,
        tokens: cut.shown.map(({ text, value }) => ({
          text: name(text),
          value: formatNumber(value),
          shade: shade(value, most),
        })),
      };
    }),
  };
}

function shade(value: number, most: number): string {
  const level = most === 0 ? 0 : Math.ceil((4 * Math.abs(value)) / most);
  if (level === 0) return 'none';
  return `${value > 0 ? 'positive' : 'negative'}-${level}`;
}

/** The label, and its probability where the head has one. */
function prediction({ label, probability }: ImagePairsDetail['rows'][number]['before']): string[] {
  return [name(label), ...(probability === null ? [] : [formatPercent(probability)])];
}

function withRest(words: string, left: number): string {
  return left === 0 ? words : `${words} ${formatCount(left)} more in report.json.`;
}
