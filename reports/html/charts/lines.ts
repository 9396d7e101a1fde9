import { markup, type SafeMarkup } from '../markup.js';
import { langOf, type Frame, type Lang } from './frame.js';
import { BOLD_SIZE, spread, wrapped } from './labels.js';
import type { Scale } from './scale.js';

/** Parts of charts that draw lines over a common pair of axes. */

interface Bounded {
  readonly x: number;
  readonly low: number;
  readonly high: number;
}

/** The end of a line in the coordinates of the drawing, and what the line is called. */
export interface LineEnd {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

const LINE_HEIGHT = 15;

/** A coordinate in tenths of a pixel. */
export function at(coordinate: number): string {
  return String(Math.round(coordinate * 10) / 10);
}

/** The area between the ends of intervals. */
export function band(points: readonly Bounded[], x: Scale, y: Scale, index: number): SafeMarkup {
  const upper = points.map((point) => `${at(x(point.x))},${at(y(point.high))}`);
  const lower = points.map((point) => `${at(x(point.x))},${at(y(point.low))}`).reverse();
  return markup`<polygon class="band s${index + 1}" points="${[...upper, ...lower].join(' ')}"/>`;
}

export function whiskers(points: readonly Bounded[], x: Scale, y: Scale, index: number): SafeMarkup {
  const path = points.map((point) => `M${at(x(point.x))},${at(y(point.low))}V${at(y(point.high))}`).join('');
  return markup`<path class="whisker s${index + 1}" d="${path}"/>`;
}

/** A shape for each series, so that points are told apart without colour. */
export function marker(x: number, y: number, index: number): SafeMarkup {
  const shape = [
    `M${at(x - 4)},${at(y)}a4,4 0 1 0 8,0a4,4 0 1 0 -8,0z`,
    `M${at(x - 4)},${at(y - 4)}h8v8h-8z`,
    `M${at(x)},${at(y - 5)}l5,9h-10z`,
    `M${at(x)},${at(y - 5)}l5,5l-5,5l-5,-5z`,
  ][index % 4];
  return markup`<path class="marker s${index + 1}" d="${shape ?? ''}"/>`;
}

/** Names at the ends of lines, moved apart, each led to its line. */
export function endLabels(frame: Frame, ends: readonly LineEnd[], lang: Lang): SafeMarkup {
  const room = frame.width - frame.right - 14;
  const labels = ends.map(({ name, x, y }) => ({ lines: wrapped(name, room, BOLD_SIZE, 3), x, y }));
  const middles = spread(labels, LINE_HEIGHT, frame.top - 8, frame.bottom + 8);
  return markup`${labels.map((label, index) => {
    const middle = middles[index] ?? label.y;
    const first = middle - ((label.lines.length - 1) * LINE_HEIGHT) / 2 + 4;
    const left = frame.right + 14;
    const lines = label.lines.map(
      (text, i) => markup`<tspan x="${left}" y="${first + i * LINE_HEIGHT}">${text}</tspan>`,
    );
    return markup`<path class="leader s${index + 1}" d="M${at(label.x + 6)},${at(label.y)}L${at(left - 3)},${at(middle)}"/><text class="end-label s${index + 1}"${langOf(lang)}>${lines}</text>`;
  })}`;
}
