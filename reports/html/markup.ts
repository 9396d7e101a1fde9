import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import { templateFile } from './files.js';
import type { PageWords } from './language/en.js';
import type { Phrase } from './view/phrase-schema.js';

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

/** A name from outside, isolated from the direction of the text around it, in the language that it is in. */
export function named({ text, lang }: Phrase): SafeMarkup {
  return isolated(markup`${text}`, lang);
}

/** A sentence from outside, in which what stands between backticks is code. */
export function said({ text, lang }: Phrase): SafeMarkup {
  return isolated(prose(text), lang);
}

function isolated(content: SafeMarkup, lang: Phrase['lang']): SafeMarkup {
  return lang === null ? markup`<bdi>${content}</bdi>` : markup`<bdi lang="${lang}">${content}</bdi>`;
}

/** A sentence of the page's own, in which what stands between backticks is code. */
export function prose(sentence: string): SafeMarkup {
  if (!sentence.includes('`')) return markup`${sentence}`;
  return markup`${sentence.split(/`([^`\n]+)`/).map((part, i) => (i % 2 === 1 ? markup`<code>${part}</code>` : markup`${part}`))}`;
}

/**
 * The page's style sheet, with the footer that paper needs: margin boxes cannot read the page, so the digest, and only
 * its hexadecimal digits, are written into the rule.
 */
export function styleSheet(words: PageWords['footer'], digest: string): SafeMarkup {
  const model = /^[0-9a-f]{6,64}$/.test(digest) ? words.model(digest) : words.noModel;
  const footer = `@page { @bottom-left { content: "${quoted(`${words.paper} \u00b7 ${model}`)}"; } }`;
  return new Handlebars.SafeString(`${readFileSync(templateFile('page.css'), 'utf8')}${footer}`);
}

/** What may stand in a string of a style sheet: everything but plain letters and digits as an escape. */
function quoted(text: string): string {
  return text.replace(/[^A-Za-z0-9 ]/gu, (character) => `\\${(character.codePointAt(0) ?? 0).toString(16)} `);
}

function written(part: Part): string {
  if (typeof part === 'number') return String(Math.round(part * 10) / 10);
  if (typeof part === 'string') return Handlebars.escapeExpression(part);
  if (part instanceof Handlebars.SafeString) return part.toString();
  return part.map(String).join('');
}
