import type { Json } from '#base/json';
import { escapeControls } from './show.js';

/** A member of an object with the comments above it, or comments alone; each begins on a line of its own. */
export type Entry = Member | { readonly comments: readonly string[] };

type Member =
  | { readonly key: string; readonly value: Json; readonly comments?: readonly string[] }
  | { readonly key: string; readonly members: readonly Entry[]; readonly comments?: readonly string[] };

const STEP = '  ';
const WIDTH = 100;

/** An object as JSON with comments. No comment can end its line and go on as JSON. */
export function commented(members: readonly Entry[]): string {
  return `${objectOf(members, '')}\n`;
}

function objectOf(members: readonly Entry[], indent: string): string {
  const inner = indent + STEP;
  const last = members.findLastIndex((member) => 'key' in member);
  const lines = members.flatMap((member, index) => [
    ...(member.comments ?? []).flatMap(wrapped).map((line) => `${inner}// ${line}`),
    ...('key' in member
      ? [`${inner}${JSON.stringify(member.key)}: ${valueOf(member, inner)}${index < last ? ',' : ''}`]
      : []),
  ]);
  return ['{', ...lines, `${indent}}`].join('\n');
}

function wrapped(comment: string): readonly string[] {
  const lines: string[] = [];
  for (const word of escapeControls(comment).split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

function valueOf(member: Member, indent: string): string {
  return 'members' in member ? objectOf(member.members, indent) : onOneLine(member.value);
}

/** `{ "epsilons": [0.1, 0.3] }` */
function onOneLine(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${onOneLine(member ?? null)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
