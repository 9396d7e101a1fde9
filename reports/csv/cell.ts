import { visible } from '../format.js';

/** What makes a spreadsheet calculate a cell, also after spaces and in the full-width forms that it reads alike. */
const FORMULA = /^(?:\t|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])/;

/**
 * Text from outside in a cell: a leading quote keeps a spreadsheet from reading it as a formula (OWASP, CSV Injection),
 * and what would be invisible is written as an escape.
 */
export function textCell(text: string): string {
  const shown = visible(text);
  return FORMULA.test(shown) ? `'${shown}` : shown;
}
