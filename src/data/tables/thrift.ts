const STOP = 0;
const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const INTEGERS = new Set([4, 5, 6]);
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const STRUCT = 12;

/** A 64-bit number takes ten bytes of seven bits. */
const LONGEST_NUMBER = 10;
/** Parquet's own structures are at most six deep. */
const DEEPEST = 32;

/**
 * Walks a structure of Thrift's compact protocol without making anything of it, and gives where it ends. A reader that
 * follows never meets a number without end, a list longer than its bytes, or a nesting that overflows its stack.
 *
 * @throws RangeError where the structure is not whole and sound
 */
export function endOfThrift(view: DataView, start: number): number {
  return struct(view, start, 0);
}

function struct(view: DataView, start: number, depth: number): number {
  if (depth > DEEPEST) throw new RangeError('structures are nested too deep');
  let at = start;
  for (;;) {
    const byte = view.getUint8(at);
    at += 1;
    const type = byte & 0x0f;
    if (type === STOP) return at;
    if (byte >> 4 === 0) at = number(view, at).end;
    at = element(view, at, type, depth);
  }
}

function element(view: DataView, at: number, type: number, depth: number): number {
  if (INTEGERS.has(type)) return number(view, at).end;
  switch (type) {
    case TRUE:
    case FALSE:
      return at;
    case BYTE:
      return inside(view, at + 1);
    case DOUBLE:
      return inside(view, at + 8);
    case BINARY: {
      const { value, end } = number(view, at);
      return inside(view, end + value);
    }
    case LIST:
    case SET:
      return list(view, at, depth);
    case STRUCT:
      return struct(view, at, depth + 1);
    default:
      throw new RangeError(`the type ${type} is not known`);
  }
}

function list(view: DataView, start: number, depth: number): number {
  const byte = view.getUint8(start);
  const type = byte & 0x0f;
  const short = byte >> 4;
  const { value: size, end } = short === 15 ? number(view, start + 1) : { value: short, end: start + 1 };
  // Every element takes a byte at least, a boolean in a list too.
  if (size > view.byteLength - end) throw new RangeError('a list is longer than the file');
  let at = end;
  for (let i = 0; i < size; i++) at = type === TRUE || type === FALSE ? at + 1 : element(view, at, type, depth + 1);
  return inside(view, at);
}

function number(view: DataView, start: number): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < LONGEST_NUMBER; i++) {
    const byte = view.getUint8(start + i);
    value += (byte & 0x7f) * 2 ** (7 * i);
    if ((byte & 0x80) === 0) return { value, end: start + i + 1 };
  }
  throw new RangeError('a number has no end');
}

function inside(view: DataView, at: number): number {
  if (at <= view.byteLength) return at;
  throw new RangeError('a value ends behind the file');
}
