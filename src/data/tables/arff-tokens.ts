/** A word of a line of ARFF, or one of the signs that stand for themselves. */
export interface ArffToken {
  readonly kind: 'word' | 'quoted' | ',' | '{' | '}';
  readonly text: string;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);
/** Where a word without quotes ends. */
const WORD = /[^\s,{}%'"]+/y;
const SPACE = /\s+/y;

/**
 * The tokens of a line, as Weka's own reader has them: words end at white space, a comma or a brace, `%` begins a comment, and
 * either quote encloses anything, with the backslash before a quote.
 *
 * @throws RangeError with what is wrong
 */
export function arffTokens(line: string): ArffToken[] {
  const tokens: ArffToken[] = [];
  for (let at = 0; at < line.length;) {
    const sign = line.charAt(at);
    if (sign === '%') return tokens;
    if (sign === ',' || sign === '{' || sign === '}') {
      tokens.push({ kind: sign, text: sign });
      at += 1;
    } else if (sign === '"' || sign === "'") {
      const quoted = quotedText(line, at);
      tokens.push({ kind: 'quoted', text: quoted.text });
      at = quoted.end;
      if (at < line.length && !/[\s,{}%]/.test(line.charAt(at))) {
        throw new RangeError('a closing quote is followed by something else than a comma or a space');
      }
    } else {
      const space = matchAt(SPACE, line, at);
      const word = space === '' ? matchAt(WORD, line, at) : '';
      if (word !== '') {
        tokens.push({ kind: 'word', text: word });
        if (/['"]/.test(line.charAt(at + word.length))) {
          throw new RangeError('a quote stands in the middle of a value that is not quoted');
        }
      }
      at += space.length + word.length;
    }
  }
  return tokens;
}

function matchAt(pattern: RegExp, line: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(line)?.[0] ?? '';
}

function quotedText(line: string, start: number): { readonly text: string; readonly end: number } {
  const quote = line.charAt(start);
  let text = '';
  for (let at = start + 1; at < line.length; at++) {
    const sign = line.charAt(at);
    if (sign === quote) return { text, end: at + 1 };
    if (sign === '\\') {
      at += 1;
      text += ESCAPES.get(line.charAt(at)) ?? line.charAt(at);
    } else {
      text += sign;
    }
  }
  throw new RangeError('a quote that was opened is not closed before the line ends');
}
