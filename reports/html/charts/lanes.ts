import { markup, nothing, type SafeMarkup } from '../markup.js';
import { langOf, type Frame, type Lang, type Size } from './frame.js';
import { fitted, widthOf, wrapped } from './labels.js';
import { at } from './lines.js';
import { niceTicks, type Scale } from './scale.js';

/** Charts of one lane a feature: its name, its marks along a common axis, and its number. */

export interface LaneText {
  readonly name: string;
  /** Of the name, where it is not the page's. */
  readonly lang: Lang;
  /** What stands behind the name, such as the feature's value. */
  readonly value: string | null;
  readonly number: string | null;
}

/** Where the marks of a lane are drawn. */
export interface Lane {
  readonly top: number;
  readonly middle: number;
  readonly bottom: number;
}

export interface Lanes {
  readonly frame: Frame;
  readonly lanes: readonly Lane[];
  /** Names, values and numbers. */
  readonly texts: SafeMarkup;
}

const LINE = 15;
const FONT = 12;
const GAP = 8;
const TOP = 4;
/** Below the lanes: ticks, their numbers, the name of the axis. */
const AXIS = 50;
const NAMES = 200;
const NUMBERS = 104;

/**
 * Names stand beside the lanes where there is room, and above them on a narrow drawing.
 *
 * @param thickness of the marks, in pixels
 * @param above pixels that are kept free above the first lane
 */
export function laneFrame(size: Size, texts: readonly LaneText[], thickness: number, above = 0): Lanes {
  return size === 'wide' ? besideNames(texts, thickness, above) : belowNames(size, texts, thickness, above);
}

function besideNames(texts: readonly LaneText[], thickness: number, above: number): Lanes {
  const width = 720;
  let y = TOP + above;
  const rows = texts.map((text) => {
    const lines = linesOf(text, NAMES);
    const height = Math.max(thickness, lines.length * LINE) + GAP;
    const middle = y + height / 2;
    y += height;
    const first = middle - ((lines.length - 1) * LINE) / 2 + 4;
    return {
      lane: { top: middle - thickness / 2, middle, bottom: middle + thickness / 2 },
      written: markup`${nameOf(lines, text.lang, first)}${numberOf(text, width, middle + 4)}`,
    };
  });
  const frame = frameBelow(y, above, { size: 'wide', width, left: NAMES + 20, right: width - NUMBERS });
  return { frame, lanes: rows.map(({ lane }) => lane), texts: markup`${rows.map(({ written }) => written)}` };
}

function belowNames(size: Size, texts: readonly LaneText[], thickness: number, above: number): Lanes {
  const width = 328;
  let y = TOP + above;
  const rows = texts.map((text) => {
    const room = text.number === null ? width : width - widthOf(text.number, FONT) - 12;
    const lines = linesOf(text, room);
    const first = y + 12;
    const top = y + lines.length * LINE + 3;
    y = top + thickness + GAP;
    return {
      lane: { top, middle: top + thickness / 2, bottom: top + thickness },
      written: markup`${nameOf(lines, text.lang, first)}${numberOf(text, width, first)}`,
    };
  });
  const frame = frameBelow(y, above, { size, width, left: 14, right: width - 14 });
  return { frame, lanes: rows.map(({ lane }) => lane), texts: markup`${rows.map(({ written }) => written)}` };
}

function frameBelow(bottom: number, above: number, sides: Pick<Frame, 'size' | 'width' | 'left' | 'right'>): Frame {
  return { ...sides, height: bottom + AXIS, top: TOP + above, bottom };
}

interface NameLine {
  readonly name: string | null;
  readonly value: string | null;
}

/** Name and value on one line where they fit, else the name on up to two and the value below. */
function linesOf({ name, value }: LaneText, room: number): NameLine[] {
  if (value !== null && widthOf(`${name} ${value}`, FONT) <= room) return [{ name, value }];
  const lines = wrapped(name, room, FONT, 2).map((line) => ({ name: line, value: null }));
  return value === null ? lines : [...lines, { name: null, value: fitted(value, room, FONT) }];
}

function nameOf(lines: readonly NameLine[], lang: Lang, first: number): SafeMarkup {
  const parts = lines.map(({ name, value }, i) => {
    const place = markup` x="0" y="${first + i * LINE}"`;
    const isBoth = name !== null && value !== null;
    const behind =
      value === null ? nothing : markup`<tspan class="tick"${isBoth ? markup` dx="6"` : place}>${value}</tspan>`;
    return markup`${name === null ? nothing : markup`<tspan${place}>${name}</tspan>`}${behind}`;
  });
  return markup`<text class="lane-name"${langOf(lang)}>${parts}</text>`;
}

function numberOf({ number }: LaneText, right: number, y: number): SafeMarkup {
  return number === null
    ? nothing
    : markup`<text class="lane-number" x="${right}" y="${y}" text-anchor="end">${number}</text>`;
}

/** As many ticks as have room for their numbers. */
export function laneTicks({ left, right }: Frame, { domain }: Scale): number[] {
  return niceTicks(domain[0], domain[1], Math.max(2, Math.floor((right - left) / 72)));
}

/** Vertical lines through all lanes; heavier at nothing. */
export function laneGrid({ top, bottom }: Frame, x: Scale, ticks: readonly number[]): SafeMarkup {
  return markup`${ticks.map(
    (tick) =>
      markup`<line class="${tick === 0 ? 'axis' : 'grid'}" x1="${x(tick)}" x2="${x(tick)}" y1="${top}" y2="${bottom}"/>`,
  )}`;
}

/** The end of an interval, with caps: drawn over bars of every colour. */
export function errorBar(
  { low, high }: { readonly low: number; readonly high: number },
  x: Scale,
  middle: number,
): SafeMarkup {
  const [from, to] = [at(x(low)), at(x(high))];
  const path = `M${from},${at(middle)}H${to}M${from},${at(middle - 3.5)}v7M${to},${at(middle - 3.5)}v7`;
  return markup`<path class="error-under" d="${path}"/><path class="error" d="${path}"/>`;
}

/** The hatching that stands for below nothing wherever blue does. */
export function hatchPattern(id: string): SafeMarkup {
  return markup`<defs><pattern id="${id}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="loss-ground" width="5" height="5"/><line class="loss-hatch" x1="1" y1="0" x2="1" y2="5"/></pattern></defs>`;
}
