/** Labels at the ends of lines, moved apart so that none covers another. */

export interface EndLabel {
  readonly lines: readonly string[];
  /** Where its line ends. */
  readonly y: number;
}

/** Names are drawn in 12 px and bold, which takes the width of 14 px. */
export const BOLD_SIZE = 14;

/** A share of the font size that an average character takes in common sans-serif fonts, rounded up. */
const CHARACTER = 0.58;

/** Of Latin letters and signs, bold: wider than average by half, and by nearly as much as they are high. */
const WIDE = /[A-VX-Z#&<>{}+=~w]/;
const WIDEST = /[WMm@%]/;

/** Characters of East Asian scripts and symbols: as wide as the font is high. */
const FULL_WIDTH =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Breaks a name into at most `most` lines of a width in pixels; what does not fit ends in an ellipsis. */
export function wrapped(text: string, width: number, fontSize: number, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const last = lines[lines.length - 1];
    const longer = `${last ?? ''} ${word}`;
    if (last !== undefined && widthOf(longer, fontSize) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  if (lines.length > most) lines.splice(most - 1, Infinity, lines.slice(most - 1).join(' '));
  return lines.map((line) => fitted(line, width, fontSize));
}

/** One line of at most a width in pixels, or four characters; what does not fit ends in an ellipsis. */
export function fitted(text: string, width: number, fontSize: number): string {
  const characters = Array.from(text);
  if (widthOf(text, fontSize) <= width || characters.length <= 4) return text;
  let room = width - CHARACTER * fontSize;
  const kept = characters.findIndex((character) => (room -= widthOf(character, fontSize)) < 0);
  return `${characters.slice(0, Math.max(3, kept)).join('')}…`;
}

function shareOf(character: string): number {
  if (FULL_WIDTH.test(character)) return 1;
  if (WIDEST.test(character)) return 1.1;
  return WIDE.test(character) ? 0.84 : CHARACTER;
}

export function widthOf(text: string, fontSize: number): number {
  let width = 0;
  for (const character of text) width += shareOf(character);
  return width * fontSize;
}

/**
 * The middle of each label, as near to its line's end as the others allow: labels keep the order of their lines, do not
 * overlap, and stay between `top` and `bottom` as long as all fit there.
 */
export function spread(labels: readonly EndLabel[], lineHeight: number, top: number, bottom: number): number[] {
  const order = labels.map((label, index) => ({ index, y: label.y, half: (label.lines.length * lineHeight) / 2 }));
  order.sort((a, b) => a.y - b.y || a.index - b.index);
  const middles = order.map(({ y }) => y);
  let floor = top;
  order.forEach(({ half }, i) => {
    middles[i] = Math.max(middles[i] ?? 0, floor + half);
    floor = (middles[i] ?? 0) + half;
  });
  let ceiling = bottom;
  for (let i = order.length - 1; i >= 0; i--) {
    const half = order[i]?.half ?? 0;
    middles[i] = Math.min(middles[i] ?? 0, ceiling - half);
    ceiling = (middles[i] ?? 0) - half;
  }
  const placed = new Array<number>(labels.length).fill(0);
  order.forEach(({ index }, i) => (placed[index] = middles[i] ?? 0));
  return placed;
}
