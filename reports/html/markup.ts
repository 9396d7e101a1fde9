import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import { templateFile } from './files.js';

/**
 * Markup that this package wrote itself: the one thing that templates print as it is. Nothing outside this file makes
 * one, and what is put into `markup` is escaped unless it is one already.
 */
export type SafeMarkup = Handlebars.SafeString;

type Part = SafeMarkup | string | number | readonly SafeMarkup[];

/** A template literal of SVG or HTML; every value is escaped for text and quoted attributes. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): SafeMarkup {
  return new Handlebars.SafeString(strings.reduce((text, next, i) => `${text}${written(parts[i - 1] ?? '')}${next}`));
}

export const nothing: SafeMarkup = markup``;

/** A sentence in which what stands between backticks is code. */
export function prose(sentence: string): SafeMarkup {
  return markup`${sentence.split(/`([^`\n]+)`/).map((part, i) => (i % 2 === 1 ? markup`<code>${part}</code>` : markup`${part}`))}`;
}

/**
 * The page's style sheet, with the footer that paper needs: margin boxes cannot read the page, so the digest, and only
 * its hexadecimal digits, are written into the rule.
 */
export function styleSheet(digest: string): SafeMarkup {
  const model = /^[0-9a-f]{6,64}$/.test(digest) ? `Model sha256 ${digest}` : 'No model';
  const footer = `@page { @bottom-left { content: "Assay audit report \\00b7  ${model}"; } }`;
  return new Handlebars.SafeString(`${readFileSync(templateFile('page.css'), 'utf8')}${footer}`);
}

function written(part: Part): string {
  if (typeof part === 'number') return String(Math.round(part * 10) / 10);
  if (typeof part === 'string') return Handlebars.escapeExpression(part);
  if (part instanceof Handlebars.SafeString) return part.toString();
  return part.map(String).join('');
}
