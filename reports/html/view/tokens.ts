import type { TokensDetail } from '#report/details';
import { formatCount } from '../../format.js';
import type { FigureContext } from './context.js';
import type { Caption, DataTable, Figure } from './figure-schema.js';
import { signed } from './lanes.js';
import { dataTable } from './tables.js';
import { asPhrase } from './words.js';

/** Tokens of one figure, whole texts first: with their marks some 400 kB of the page. */
const MOST_TOKENS = 4096;
/** Of one text, as long as common models read. */
const MOST_OF_TEXT = 1024;
const MOST_STRONGEST = 24;

type Row = TokensDetail['rows'][number];

/** One absolute scale for the figure, so that shades can be compared between rows. */
export function tokensFigure(
  detail: TokensDetail,
  { caption, number }: { readonly caption: Caption; readonly number: number },
  context: FigureContext,
): Figure {
  const { words, write } = context;
  const shown = fitting(detail.rows);
  const left = detail.rows.length - shown.length;
  const most = shown.flatMap((row) => row.tokens).reduce((high, { value }) => Math.max(high, Math.abs(value)), 0);
  return {
    kind: 'tokens',
    caption,
    description: [
      asPhrase(words.figures.tokenScale(write.number(most))),
      ...(left === 0 ? [] : [asPhrase(words.figures.left(left))]),
    ],
    rows: shown.map((row, i) => {
      const all = detail.rows[i]?.tokens.length ?? 0;
      const part = row.tokens.length === all ? [] : [words.figures.tokens(row.tokens.length, all)];
      return {
        heading: words.list([words.figures.sample(formatCount(row.sample)), ...part]),
        tokens: row.tokens.map(({ text, value }) => ({
          text: seen(write.name(text)),
          value: signed(value, 'number', context),
          shade: shade(value, most),
        })),
      };
    }),
    behind: words.figures.behind(number),
    table: strongest(shown, context),
  };
}

/** The rows for which there is room, the last of them perhaps in part. */
function fitting(rows: readonly Row[]): Row[] {
  let room = MOST_TOKENS;
  return rows.flatMap(({ sample, tokens }) => {
    if (room <= 0) return [];
    const shown = tokens.slice(0, Math.min(room, MOST_OF_TEXT));
    room -= shown.length;
    return [{ sample, tokens: shown }];
  });
}

/** A token of spaces alone is one that cannot be seen. */
function seen(text: string): string {
  if (text === '') return '∅';
  return text.trim() === '' ? text.replaceAll('\n', '↵').replaceAll(/\s/g, '␣') : text;
}

function shade(value: number, most: number): string {
  const level = most === 0 ? 0 : Math.ceil((4 * Math.abs(value)) / most);
  if (level === 0) return 'none';
  return `${value > 0 ? 'positive' : 'negative'}-${level}`;
}

/** Where the largest values stand, counted from 0. */
function strongest(rows: readonly Row[], context: FigureContext): DataTable {
  const { words, write } = context;
  const { features, figures } = words;
  const all = rows.flatMap(({ sample, tokens }) => tokens.map((token, position) => ({ ...token, sample, position })));
  const order = all.sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, MOST_STRONGEST);
  const columns = [
    { label: features.token, numeric: false },
    { label: features.sample, numeric: true },
    { label: features.position, numeric: true },
    { label: features.contribution, numeric: true },
  ];
  const texts = { title: features.strongestTokens, empty: figures.noSamples };
  return dataTable(context, texts, columns, order, ({ text, sample, position, value }) => [
    write.name(seen(text)),
    formatCount(sample),
    formatCount(position),
    signed(value, 'number', context),
  ]);
}
