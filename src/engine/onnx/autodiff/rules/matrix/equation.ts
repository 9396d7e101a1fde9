/** An Einsum equation with one label an axis: the axes of an ellipsis have labels of their own. */
export interface Equation {
  readonly operands: readonly (readonly string[])[];
  readonly output: readonly string[];
}

const ELLIPSIS = '...';
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Reads an equation for operands of the given ranks. An ellipsis stands for the last of the axes that the longest has. */
export function parseEquation(text: string, ranks: readonly number[]): Equation {
  const [left = '', right] = text.replaceAll(' ', '').split('->');
  const terms = left.split(',');
  const hidden = terms.map((term, i) => (term.includes(ELLIPSIS) ? (ranks[i] ?? 0) - lettersOf(term).length : 0));
  const unused = Array.from(LETTERS).filter((letter) => !text.includes(letter));
  const broadcast = unused.slice(0, Math.max(...hidden));
  const labels = (term: string, count: number): string[] => {
    const [before = '', behind = ''] = term.split(ELLIPSIS);
    const between = term.includes(ELLIPSIS) ? broadcast.slice(broadcast.length - count) : [];
    return [...lettersOf(before), ...between, ...lettersOf(behind)];
  };
  return {
    operands: terms.map((term, i) => labels(term, hidden[i] ?? 0)),
    output: right === undefined ? [...broadcast, ...onceUsed(left)] : labels(right, broadcast.length),
  };
}

/** Without an arrow the output has the letters that occur once, in the order of the alphabet. */
function onceUsed(left: string): string[] {
  const letters = lettersOf(left);
  return letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter)).sort();
}

function lettersOf(term: string): string[] {
  return Array.from(term).filter((character) => LETTERS.includes(character));
}

export function writeEquation({ operands, output }: Equation): string {
  return `${operands.map((labels) => labels.join('')).join(',')}->${output.join('')}`;
}
