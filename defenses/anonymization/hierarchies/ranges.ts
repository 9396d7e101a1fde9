import { AssayError } from '#base/errors';
import type { EncodedColumn, Hierarchy } from '../contract.js';
import { asNumeric, decimalsOf, numbersOf } from '../numeric-values.js';
import { builtHierarchy, type LabelOf } from './levels.js';
import { NumericDomain } from './numeric-domain.js';

/** Beyond so many widths from 0 on, the ends of neighbouring ranges may be one number. */
const MOST_WIDTHS = 2 ** 50;

/**
 * Ranges `[20, 25)` of numbers, each width a multiple of the one before, one of them beginning at the anchor.
 *
 * @throws AssayError `config` for widths that do not lie in each other; `data` for a column without numbers, or numbers so
 *   large that the ranges are too narrow for them
 */
export function rangeHierarchy(column: EncodedColumn, widths: readonly number[], anchor = 0): Hierarchy {
  const ratios = ratiosOf(widths, column.name);
  const numeric = asNumeric(column, 'a hierarchy of ranges');
  if (numeric.type === 'date' || numeric.type === 'timestamp') {
    throw new AssayError('config', {
      where: `the hierarchy of ${column.name}`,
      what: `ranges are of numbers, and the column has ${numeric.type}s`,
      mend: 'Use `dates`.',
    });
  }
  const numbers = numbersOf(numeric);
  // What begins a range has no more of them, whatever the values have.
  const decimals = Math.max(...[...widths, anchor].map(decimalPlaces));
  const finest = new Ranges(widths[0] ?? 1, anchor, decimals);
  const indices = Float64Array.from(numbers, (number) => finest.indexOf(number));
  checkMagnitude(numbers, column, anchor, widths[0] ?? 1);
  const domain = new NumericDomain(numbers, 10 ** -decimalsOf(numeric));
  return builtHierarchy(
    column,
    domain.leaves,
    widths.map((width, level) => {
      const ranges = new Ranges(width, anchor, decimals);
      // By the index in the finest ranges: whatever is rounded, ranges lie in each other.
      return (code: number): LabelOf => ranges.label(Math.floor((indices[code] ?? 0) / (ratios[level] ?? 1)), domain);
    }),
  );
}

/** How many of the finest ranges are in one of each width. */
function ratiosOf(widths: readonly number[], column: string): readonly number[] {
  const [finest = 1] = widths;
  const places = Math.max(...widths.map(decimalPlaces));
  const whole = widths.map((width) => Math.round(width * 10 ** places));
  for (const [i, width] of whole.entries()) {
    const before = whole[i - 1];
    if (before !== undefined && (width <= before || width % before !== 0)) {
      throw new AssayError('config', {
        where: `the hierarchy of ${column}`,
        what: `ranges of ${widths[i]} do not consist of whole ranges of ${widths[i - 1]}`,
        mend: 'Make each width a multiple of the one before, as in [5, 10, 20].',
      });
    }
  }
  return whole.map((width) => Math.round(width / Math.round(finest * 10 ** places)));
}

function checkMagnitude(numbers: Float64Array, column: EncodedColumn, anchor: number, width: number): void {
  const code = numbers.findIndex((number) => (Math.abs(number) + Math.abs(anchor)) / width > MOST_WIDTHS);
  if (code < 0) return;
  throw new AssayError('data', {
    where: column.name,
    what: `${column.dictionary[code]} and the anchor ${anchor} are too large for ranges of ${width}`,
    mend: 'Use wider ranges.',
  });
}

/** All ranges of one width. */
class Ranges {
  constructor(
    private readonly width: number,
    private readonly anchor: number,
    private readonly decimals: number,
  ) {}

  /** Which range a number is in, by the ends that are written: 0.3 is the beginning of [0.3, 0.4). */
  indexOf(number: number): number {
    const guess = Math.floor((number - this.anchor) / this.width);
    if (number < this.beginOf(guess)) return guess - 1;
    return number >= this.beginOf(guess + 1) ? guess + 1 : guess;
  }

  label(index: number, domain: NumericDomain): LabelOf {
    const [begin, end] = [this.beginOf(index), this.beginOf(index + 1)];
    return { label: `[${begin}, ${end})`, leavesUnder: domain.leavesWithin(begin, end) };
  }

  private beginOf(index: number): number {
    const exact = this.anchor + index * this.width;
    const rounded = Math.abs(exact) < 1e21 ? Number(exact.toFixed(Math.min(100, this.decimals))) : exact;
    return rounded === 0 ? 0 : rounded;
  }
}

/** Digits behind the point of a number in its shortest form. */
function decimalPlaces(number: number): number {
  const [mantissa = '', exponent = '0'] = String(number).split('e');
  return Math.max(0, (mantissa.split('.')[1] ?? '').length - Number(exponent));
}
