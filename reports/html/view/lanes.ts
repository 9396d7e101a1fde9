import type { NumberFormat } from '../../format.js';
import { NO_BREAK } from '../../format.js';
import type { FigureContext } from './context.js';

/** What charts of one lane a feature have in common. */

/** The half width of a 95 % interval, in standard errors. */
export const HALF_WIDTH = 1.959964;

/** A change of a number: always with its sign, a share in percentage points. */
export function signed(value: number, format: NumberFormat, { write }: FigureContext): string {
  const size = Math.abs(value);
  const text = format === 'rate' ? `${(100 * size).toFixed(1)}${NO_BREAK}%` : write.value(size, format);
  if (value === 0) return text;
  return `${value < 0 ? '\u2212' : '+'}${text}`;
}

/** Writes the numbers of one chart with as many decimals as tell the largest in three digits, so that they line up. */
export function alignedNumbers(
  values: readonly number[],
  format: NumberFormat,
  { write }: FigureContext,
): (value: number) => string {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (format !== 'number' || !(largest >= 1e-4 && largest < 1e12)) return (value) => write.value(value, format);
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(largest)));
  const aligned = new Intl.NumberFormat('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return (value) => aligned.format(value === 0 ? 0 : value).replace('-', '\u2212');
}

/** The same of changes: always with their sign, shares in percentage points. */
export function alignedChanges(
  values: readonly number[],
  format: NumberFormat,
  context: FigureContext,
): (value: number) => string {
  if (format === 'rate') return (value) => signed(value, format, context);
  const written = alignedNumbers(values, format, context);
  return (value) => (value > 0 ? `+${written(value)}` : written(value));
}

/** A name that plugins give, as the text of a lane. */
export function laneName(name: string, { write }: FigureContext) {
  const { text, lang } = write.english(name);
  return { name: text, lang };
}

/** At most `most` items, evenly by rank, with the first and the last. */
export function evenly<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  const stride = (items.length - 1) / (most - 1);
  return items.filter((_, i) => {
    const rank = Math.round(i / stride);
    return Math.round(rank * stride) === i;
  });
}
