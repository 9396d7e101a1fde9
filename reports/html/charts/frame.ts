import { formatCount, formatNumber, formatSteps } from '../../format.js';
import { markup, nothing, type SafeMarkup } from '../markup.js';
import type { ChartAxis } from '../view/chart-schema.js';
import { BOLD_SIZE, fitted } from './labels.js';
import type { Scale } from './scale.js';

/**
 * `narrow` is drawn for phones: the page shows what fits, so that letters never shrink with the screen. `small` is the
 * same drawing, shown on every screen.
 */
export type Size = 'wide' | 'narrow' | 'small';

/** The size of a drawing and the edges of the area in which data are drawn, in CSS pixels. */
export interface Frame {
  readonly size: Size;
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Words {
  readonly title: string;
  readonly summary: string;
  /** Of the title, where it is not the page's. */
  readonly lang: Lang;
}

export type Lang = 'en' | null;

/** The attribute that marks a text of the drawing as one of another language. */
export function langOf(lang: Lang): SafeMarkup {
  return lang === null ? nothing : markup` lang="${lang}"`;
}

const SHEET = {
  wide: { width: 720, height: 336 },
  narrow: { width: 328, height: 296 },
  small: { width: 328, height: 296 },
} satisfies Record<Size, { width: number; height: number }>;

/** `labelRoom`: pixels that are kept free right of the data. */
export function frameOf(size: Size, labelRoom: number): Frame {
  const { width, height } = SHEET[size];
  return { size, width, height, left: 40, right: width - labelRoom, top: 40, bottom: height - 60 };
}

/** The drawing as one picture with a name and a description. */
export function picture(frame: Frame, words: Words, content: readonly SafeMarkup[]): SafeMarkup {
  return markup`<svg class="chart ${frame.size}" role="img" viewBox="0 0 ${frame.width} ${frame.height}" width="${frame.width}" height="${frame.height}"><title${langOf(words.lang)}>${words.title}</title><desc>${words.summary}</desc>${content}</svg>`;
}

/** Grid lines with their numbers, and the name of the axis above them. */
export function verticalAxis(
  frame: Frame,
  axis: ChartAxis,
  scale: Scale,
  ticks: readonly number[],
  lang: Lang,
): SafeMarkup {
  const lines = ticks.map((tick) => {
    const y = scale(tick);
    return markup`<line class="${tick === 0 ? 'axis' : 'grid'}" x1="${frame.left}" x2="${frame.right}" y1="${y}" y2="${y}"/><text class="tick" x="${frame.left - 8}" y="${y + 4}" text-anchor="end">${tickText(tick, axis)}</text>`;
  });
  return markup`<text class="axis-name"${langOf(lang)} x="0" y="16">${axisName(axis, frame.width)}</text>${lines}`;
}

/** Ticks with their numbers, epsilons also in steps of an 8-bit picture, and the name of the axis below them. */
export function horizontalAxis(
  frame: Frame,
  axis: ChartAxis,
  scale: Scale,
  ticks: readonly number[],
  lang: Lang,
): SafeMarkup {
  const marks = ticks.map((tick) => {
    const x = scale(tick);
    const steps = axis.format === 'epsilon' ? formatSteps(tick, axis.units) : null;
    const below =
      steps === null
        ? nothing
        : markup`<text class="tick" x="${x}" y="${frame.bottom + 34}" text-anchor="middle">${steps}</text>`;
    return markup`<line class="axis" x1="${x}" x2="${x}" y1="${frame.bottom}" y2="${frame.bottom + 5}"/><text class="tick" x="${x}" y="${frame.bottom + 19}" text-anchor="middle">${tickText(tick, axis)}</text>${below}`;
  });
  return markup`${marks}<text class="axis-name"${langOf(lang)} x="${frame.left}" y="${frame.height - 6}">${axisName(axis, frame.width - frame.left)}</text>`;
}

export function axisName(axis: ChartAxis, width: number): string {
  return fitted(axis.format === 'rate' ? `${axis.label} (%)` : axis.label, width, BOLD_SIZE);
}

function tickText(value: number, axis: ChartAxis): string {
  if (axis.format === 'rate') return formatNumber(Number((100 * value).toPrecision(6)));
  return axis.format === 'count' ? formatCount(value) : formatNumber(value);
}
