import type { HeatMapsDetail, ImagePairsDetail, TokensDetail } from '#report/details';
import { formatCount, formatPercent } from '../../format.js';
import type { PageContext } from './context.js';
import type { Caption, Figure } from './figure-schema.js';
import type { Phrase } from './phrase-schema.js';
import { asPhrase, headed } from './words.js';

/** Figures that show samples of the data: not drawn where the run was told to show only their indices. */

const MOST_INDICES = 100;
const MOST_ROWS = 60;
const MOST_TOKENS = 400;

type SampleDetail = ImagePairsDetail | HeatMapsDetail | TokensDetail;

export function sampleFigure(detail: SampleDetail, context: PageContext): Figure {
  const { words, write, report } = context;
  const caption = { label: context.numbers.figure().label, title: write.english(detail.title) };
  if (detail.rows.length === 0) return { kind: 'absent', caption, sentence: words.figures.noSamples };
  if (report.provenance.samples === 'ids') {
    return { kind: 'absent', caption, sentence: indicesOnly(detail, context) };
  }
  switch (detail.kind) {
    case 'image-pairs':
      return imagePairs(detail, caption, context);
    case 'heat-maps':
      return heatMaps(detail, caption, context);
    case 'tokens':
      return tokens(detail, caption, context);
  }
}

function indicesOnly({ rows }: SampleDetail, { words }: PageContext): string {
  const { shown, left } = headed([...new Set(rows.map(({ sample }) => sample))], MOST_INDICES);
  return words.figures.indices(words.list(shown.map(String)), left);
}

function imagePairs(detail: ImagePairsDetail, caption: Caption, context: PageContext): Figure {
  const { pictures, words, write } = context;
  const { figures } = words;
  const { shown, left } = headed(detail.rows, MOST_ROWS);
  return {
    kind: 'gallery',
    caption,
    description: [write.sentence(detail.chosen), asPhrase(figures.perturbations), ...rest(left, context)],
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

function heatMaps(detail: HeatMapsDetail, caption: Caption, context: PageContext): Figure {
  const { pictures, words, write } = context;
  const { figures } = words;
  const { shown, left } = headed(detail.rows, MOST_ROWS);
  const scale = asPhrase(figures.mapScale(write.number(detail.scale)));
  return {
    kind: 'gallery',
    caption,
    description: [write.sentence(detail.chosen), scale, ...rest(left, context)],
    rows: shown.map((row) => {
      const sample = formatCount(row.sample);
      return {
        heading: figures.sample(sample),
        why: write.english(row.caption),
        facts: [],
        shots: [
          { name: figures.input, image: pictures.image(row.input, figures.inputText(sample), 'mean'), lines: [] },
          { name: figures.map, image: pictures.image(row.map, figures.mapText(sample), 'nearest'), lines: [] },
        ],
      };
    }),
  };
}

/** One absolute scale for the figure, so that shades can be compared between rows. */
function tokens(detail: TokensDetail, caption: Caption, context: PageContext): Figure {
  const { words, write } = context;
  const { shown, left } = headed(detail.rows, MOST_ROWS);
  const most = shown.flatMap((row) => row.tokens).reduce((high, { value }) => Math.max(high, Math.abs(value)), 0);
  return {
    kind: 'tokens',
    caption,
    description: [asPhrase(words.figures.tokenScale(write.number(most))), ...rest(left, context)],
    rows: shown.map((row) => {
      const cut = headed(row.tokens, MOST_TOKENS);
      const part = cut.left === 0 ? [] : [words.figures.tokens(cut.shown.length, row.tokens.length)];
      return {
        heading: words.list([words.figures.sample(formatCount(row.sample)), ...part]),
        tokens: cut.shown.map(({ text, value }) => ({
          text: write.name(text),
          value: write.number(value),
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
function prediction(
  { label, probability }: ImagePairsDetail['rows'][number]['before'],
  { write }: PageContext,
): string[] {
  return [write.name(label), ...(probability === null ? [] : [formatPercent(probability)])];
}

function rest(left: number, { words }: PageContext): Phrase[] {
  return left === 0 ? [] : [asPhrase(words.figures.left(left))];
}
