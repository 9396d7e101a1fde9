import { AssayError } from '#base/errors';
import { isElementType, type ByteOrder, type ElementType } from './elements.js';

export interface NpyHeader {
  readonly type: ElementType;
  readonly order: ByteOrder;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the elements begin, in bytes. */
  readonly start: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** NumPy's own limit against headers made to be slow to parse. */
const MAX_HEADER = 10_000;

/** One entry of the header, which is a Python dictionary of a string, a bool and a tuple of integers. */
const ENTRY = /\s*'(descr|fortran_order|shape)'\s*:\s*(?:'([^']*)'|(True|False)|\(([\d\s,L]*)\))\s*,?/y;

export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, index) => bytes[index] === byte);
}

/**
 * Parses the header of NPY versions 1 to 3 (numpy.lib.format). The dictionary is matched, never evaluated; types other
 * than bool, integers and floats are refused, pickled objects first of all.
 */
export function parseNpyHeader(bytes: Uint8Array, name: string): NpyHeader {
  if (!isNpy(bytes)) throw new AssayError('data', { where: name, what: 'this is not an NPY file' });
  const { text, start } = headerText(bytes, name);
  const entries = parseEntries(text, name);
  return {
    ...parseType(text, entries.get('descr'), name),
    fortranOrder: entries.get('fortran_order') === 'True',
    shape: parseShape(entries.get('shape'), name),
    start,
  };
}

function headerText(bytes: Uint8Array, name: string): { text: string; start: number } {
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) {
    throw new AssayError('data', {
      where: name,
      what: `NPY version ${version} is not known; versions 1 to 3 are read`,
    });
  }
  const lengthBytes = version === 1 ? 2 : 4;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + lengthBytes;
  if (bytes.length < start) throw cutOff(name);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER) {
    throw new AssayError('data', {
      where: name,
      what: `the NPY header of ${length} bytes is longer than ${MAX_HEADER}`,
    });
  }
  if (bytes.length < start + length) throw cutOff(name);
  return { text: Buffer.from(bytes.subarray(start, start + length)).toString('utf8'), start: start + length };
}

function parseEntries(text: string, name: string): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  const pattern = new RegExp(ENTRY);
  const open = text.indexOf('{');
  pattern.lastIndex = open + 1;
  let end = pattern.lastIndex;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    entries.set(match[1] ?? '', match[2] ?? match[3] ?? match[4] ?? '');
    end = pattern.lastIndex;
  }
  if (/'descr'\s*:\s*\[/.test(text)) {
    throw new AssayError('data', {
      where: name,
      what: 'the array has named fields (a structured dtype)',
      mend: 'Save one field as an array of numbers.',
    });
  }
  if (open === -1 || !/^\s*\}\s*$/.test(text.slice(end)) || entries.size !== 3) {
    throw new AssayError('data', {
      where: name,
      what: 'the NPY header is not a dictionary of descr, fortran_order and shape',
    });
  }
  return entries;
}

function parseType(header: string, descr: string | undefined, name: string): { type: ElementType; order: ByteOrder } {
  const [, order = '', type = ''] = /^([<>|])(\w+)$/.exec(descr ?? '') ?? [];
  if (type.startsWith('O')) {
    throw new AssayError('data', {
      where: name,
      what: 'the array holds Python objects, stored as a pickle, which is code and is never run',
      mend: 'Save it as numbers: np.save(path, array.astype(np.float32)).',
    });
  }
  if (!isElementType(type)) {
    throw new AssayError('data', {
      where: name,
      what: `the dtype \`${descr ?? header.slice(0, 40)}\` is not a number type that is read`,
      mend: 'Save it as bool, int8 to int64, uint8 to uint64, or float16 to float64.',
    });
  }
  return { type, order: order === '>' ? 'big' : 'little' };
}

function parseShape(tuple: string | undefined, name: string): number[] {
  const shape = (tuple ?? '')
    .split(',')
    .map((part) => part.trim().replace(/L$/, ''))
    .filter((part) => part !== '')
    .map(Number);
  if (!shape.every((dimension) => Number.isSafeInteger(dimension))) {
    throw new AssayError('data', { where: name, what: `the shape (${tuple ?? ''}) is not a tuple of integers` });
  }
  return shape;
}

function cutOff(name: string): AssayError {
  return new AssayError('data', { where: name, what: 'the NPY header is cut off' });
}
