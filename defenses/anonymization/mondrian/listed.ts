/** What a set of values is written as: `{A, B, C}`, or `{A, B, 7 more}` where all of them are longer than `length` characters. */
export function listed(values: readonly string[], length: number): string {
  const whole = `{${values.join(', ')}}`;
  if (whole.length <= length) return whole;
  const rest = (shown: number) => `${values.length - shown} more}`;
  let text = '{';
  let shown = 0;
  for (const value of values) {
    if (text.length + value.length + 2 + rest(shown + 1).length > length) break;
    text += `${value}, `;
    shown++;
  }
  return text + rest(shown);
}

/**
 * Gives a text that was given before, or is one of `taken`, a number, so that different sets never look like one: `{A, 7 more} (2)`.
 */
export function uniqueTexts(taken: readonly (string | null)[]): (text: string) => string {
  const given = new Set(taken);
  return (text) => {
    let unique = text;
    for (let i = 2; given.has(unique); i++) unique = `${text} (${i})`;
    given.add(unique);
    return unique;
  };
}
