/**
 * An XML writer for elements with either text or children. The characters of text and attributes must be ones that XML
 * 1.0 allows. (xmlbuilder2 takes a second for ten thousand tests, most of it for a document tree that nobody reads.)
 */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly content: string | readonly Element[];
}

const REFERENCES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** With the declaration, each element on a line of its own. */
export function documentOf(root: Element): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>'];
  write(root, '', lines);
  return `${lines.join('\n')}\n`;
}

function write({ name, attributes, content }: Element, indent: string, lines: string[]): void {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const start = `${indent}<${name}${written.join('')}`;
  if (content.length === 0) {
    lines.push(`${start}/>`);
  } else if (typeof content === 'string') {
    lines.push(`${start}>${escaped(content)}</${name}>`);
  } else {
    lines.push(`${start}>`);
    for (const child of content) write(child, `${indent}  `, lines);
    lines.push(`${indent}</${name}>`);
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => REFERENCES[character] ?? character);
}
