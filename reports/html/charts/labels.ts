/** Labels at the ends of lines, moved apart so that none covers another. */

export interface EndLabel {
  readonly lines: readonly string[];
  /** Where its line ends. */
  readonly y: number;
}

/** A share of the font size that an average character takes in common sans-serif fonts, rounded up. */
const CHARACTER = 0.58;

/** Breaks a name into at most `most` lines of a width in pixels; what does not fit ends in an ellipsis. */
export function wrapped(text: string, width: number, fontSize: number, most: number): string[] {
  const room = Math.max(4, Math.floor(width / (fontSize * CHARACTER)));
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  if (lines.length > most) lines.splice(most - 1, Infinity, lines.slice(most - 1).join(' '));
  return lines.map((line) => fitted(line, width, fontSize));
}

/** One line of at most a width in pixels; what does not fit ends in an ellipsis. */
export function fitted(text: string, width: number, fontSize: number): string {
  const room = Math.max(4, Math.floor(width / (fontSize * CHARACTER)));
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
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
