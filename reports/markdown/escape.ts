import { visible } from '../format.js';

/**
 * Text from outside in GitHub's Markdown, on one line: no markup, no HTML, no formula, no table cell of its own, and
 * nothing that notifies or links (`@name`, `#12`, `https://`, `www.`), for which an empty comment parts the characters.
 */
export function escaped(text: string): string {
  return oneLine(text)
    .replace(/[&<>|$]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/[\\`*_[\]~]/g, '\\$&')
    .replace(/@/g, '@<!-- -->')
    .replace(/#(?=\d)(?<!&#)/g, '#<!-- -->')
    .replace(/:\/\//g, ':<!-- -->//')
    .replace(/www\./gi, (dots) => `${dots.slice(0, 3)}<!-- -->.`)
    .replace(/\bgh-(?=\d)/gi, '$&<!-- -->');
}

/**
 * A code span, its fence longer than every run of backticks inside. A bar has no safe form in a span that stands in a
 * table, so text with one is escaped instead.
 */
export function code(text: string): string {
  const content = oneLine(text);
  if (content === '' || content.includes('|')) return escaped(text);
  const longest = (content.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 0);
  const fence = '`'.repeat(longest + 1);
  const pad = /^[` ]|[` ]$/.test(content) ? ' ' : '';
  return `${fence}${pad}${content}${pad}${fence}`;
}

function oneLine(text: string): string {
  return visible(text.replace(/\s*[\r\n]+\s*/g, ' ')).trim();
}
