import { pValue } from '#base/format';
import type { Measure, TargetCard } from '#report/report';

/** How numbers, times and foreign text are written in every report, independent of the machine's locale. */

export const NO_BREAK = '\u00a0';
const MINUS = '\u2212';

export type NumberFormat = Measure['format'];

/** The words between the digits, by which numbers read in another language. Digits and their points stay as they are. */
export interface NumberWords {
  readonly notANumber: string;
  readonly unknown: string;
  readonly range: (from: string, to: string) => string;
  readonly seconds: (seconds: string) => string;
  readonly minutes: (minutes: string, seconds: string) => string;
  readonly hours: (hours: string, minutes: string) => string;
  /** The end of a text that was cut off. */
  readonly moreCharacters: (count: string) => string;
}

export const ENGLISH_NUMBERS: NumberWords = {
  notANumber: 'not a number',
  unknown: 'unknown',
  range: (from, to) => `${from} to ${to}`,
  seconds: (seconds) => `${seconds}${NO_BREAK}s`,
  minutes: (minutes, seconds) => `${minutes}${NO_BREAK}min ${seconds}${NO_BREAK}s`,
  hours: (hours, minutes) => `${hours}${NO_BREAK}h ${minutes}${NO_BREAK}min`,
  moreCharacters: (count) => `${count} more characters in report.json`,
};

/** Whether an epsilon is also written in steps of an 8-bit picture: 8/255. */
export type EpsilonUnits = 'plain' | '255ths';

const significant = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 });
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export function epsilonUnits(target: TargetCard | null): EpsilonUnits {
  if (target?.domain.kind !== 'image' || target.domain.range === null) return 'plain';
  const [low, high] = target.domain.range;
  return low === 0 && high === 1 ? '255ths' : 'plain';
}

/**
 * A share in [0, 1] as a percentage with one decimal, without the sign: `4.1`. What is not exactly none or all is
 * never written as `0.0` or `100.0`.
 */
export function formatRate(rate: number): string {
  const shown = (100 * rate).toFixed(1);
  if (shown === '0.0' && rate > 0) return `<${NO_BREAK}0.1`;
  if (shown === '100.0' && rate < 1) return `>${NO_BREAK}99.9`;
  return typographic(shown === '-0.0' ? '0.0' : shown);
}

/** The same with its sign: `4.1 %`. */
export function formatPercent(rate: number): string {
  return `${formatRate(rate)}${NO_BREAK}%`;
}

/** At most four significant digits below ten thousand, whole above, with an exponent where digits would not tell. */
export function formatNumber(value: number, words = ENGLISH_NUMBERS): string {
  if (!Number.isFinite(value)) return words.notANumber;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e12)) return typographic(value.toExponential(2));
  return typographic((size < 1e4 ? significant : whole).format(value));
}

/** `12,345` */
export function formatCount(value: number): string {
  return typographic(whole.format(value));
}

/** `0.03137 (8/255)`: in the user's units, and as steps of an 8-bit picture where that is a readable number. */
export function formatEpsilon(epsilon: number, units: EpsilonUnits, words = ENGLISH_NUMBERS): string {
  const steps = formatSteps(epsilon, units);
  return steps === null ? formatNumber(epsilon, words) : `${formatNumber(epsilon)}${NO_BREAK}(${steps})`;
}

/** `8/255`, or null where the domain has no such steps or the number lies outside it. */
export function formatSteps(epsilon: number, units: EpsilonUnits): string | null {
  if (units === 'plain' || epsilon <= 0 || epsilon > 1) return null;
  return `${Number((epsilon * 255).toFixed(2))}/255`;
}

export function formatValue(value: number, format: NumberFormat, units: EpsilonUnits, words = ENGLISH_NUMBERS): string {
  switch (format) {
    case 'rate':
      return formatPercent(value);
    case 'count':
      return formatCount(value);
    case 'p':
      return formatP(value);
    case 'epsilon':
      return formatEpsilon(value, units, words);
    case 'number':
      return formatNumber(value, words);
  }
}

/** `3.0 to 5.5 %` */
export function formatInterval(
  low: number,
  high: number,
  format: NumberFormat,
  units: EpsilonUnits,
  words = ENGLISH_NUMBERS,
): string {
  const from = format === 'rate' ? formatRate(low) : formatValue(low, format, units, words);
  return words.range(from, formatValue(high, format, units, words)).replaceAll(' ', NO_BREAK);
}

/** `p < .001`, `p = .012`, on one line. */
export function formatP(p: number): string {
  return pValue(p).replaceAll(' ', NO_BREAK);
}

/** `2026-11-23 17:30 UTC`, or null for what is not a time. */
export function formatTime(iso: string): string | null {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return null;
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `12.3 s`, `4 min 12 s`, `2 h 5 min` */
export function formatDuration(seconds: number, words = ENGLISH_NUMBERS): string {
  if (!(seconds >= 0) || !Number.isFinite(seconds)) return words.unknown;
  if (seconds < 59.95) return words.seconds(seconds.toFixed(1));
  const total = Math.round(seconds);
  if (total < 3600) return words.minutes(String(Math.floor(total / 60)), String(total % 60));
  const minutes = Math.round(total / 60);
  return words.hours(formatCount(Math.floor(minutes / 60)), String(minutes % 60));
}

/** Decimal units: `812 B`, `1.2 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes}${NO_BREAK}B`;
  if (bytes < 999_950) return `${(bytes / 1000).toFixed(1)}${NO_BREAK}kB`;
  if (bytes < 999_950_000) return `${(bytes / 1e6).toFixed(1)}${NO_BREAK}MB`;
  return `${(bytes / 1e9).toFixed(1)}${NO_BREAK}GB`;
}

/** `1 audit`, `2 audits` */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Controls, lone surrogates and invisible format characters; all but the joiners, which scripts and emoji need. */
const INVISIBLE = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cs}\p{Cf}\u2028\u2029]/gu;

/** Most texts: nothing in them has to be looked at one by one. */
const PLAIN = /^[\n\t\x20-\x7e]*$/;

/**
 * Text from outside as it may stand on a page: what would be invisible, or would turn the direction of the text around
 * it, is written as an escape, so that a name cannot rearrange the numbers beside it.
 */
export function visible(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(INVISIBLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16).toUpperCase().padStart(4, '0')}}`;
  });
}

/** At most `limit` UTF-16 units of a text, never half a character, with a note of what was left out. */
export function clip(text: string, limit: number, words = ENGLISH_NUMBERS): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  const end = last >= 0xd800 && last < 0xdc00 ? limit - 1 : limit;
  return `${text.slice(0, end)}… (${words.moreCharacters(formatCount(text.length - end))})`;
}

function typographic(number: string): string {
  return number.replace('-', MINUS).replace('e-', `e${MINUS}`).replace('e+', 'e');
}
