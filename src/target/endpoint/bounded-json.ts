import { RequestTrouble } from './trouble.js';

/** No honest answer comes near. */
const DEEPEST = 64;

/** Parses JSON that nests no deeper than 64. @throws RequestTrouble */
export function parseBoundedJson(body: Uint8Array): unknown {
  const text = decode(body);
  if (depthOf(text) > DEEPEST) throw new RequestTrouble(`its answer nests deeper than ${DEEPEST} levels`, true);
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestTrouble('its answer is not whole JSON', true);
  }
}

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new RequestTrouble('its answer is not UTF-8', true);
  }
}

/** The deepest nesting, told without parsing; stops counting at the first level that is too deep. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length && deepest <= DEEPEST; i++) {
    const mark = text.charCodeAt(i);
    if (mark === QUOTE) i = endOfString(text, i);
    else if (mark === OPEN_LIST || mark === OPEN_OBJECT) deepest = Math.max(deepest, ++depth);
    else if (mark === CLOSE_LIST || mark === CLOSE_OBJECT) depth--;
  }
  return deepest;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i;
}
