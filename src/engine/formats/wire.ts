/** A field of a protocol buffer; `content` is what a field of bytes holds, as far as the file goes, and null for numbers. */
export interface WireField {
  readonly number: number;
  readonly content: Uint8Array | null;
}

/** The wire types of protocol buffers that are in use. */
const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

/** The outermost fields of a protocol buffer, the first thousand: up to the end, or to where the file stops to be one. */
export function topFields(bytes: Uint8Array, most = 1000): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  while (at < bytes.length && fields.length < most) {
    const tag = varint(bytes, at);
    if (tag === null || tag.value < 8) break;
    const number = Math.floor(tag.value / 8);
    const wireType = tag.value % 8;
    const value = wireType === VARINT || wireType === BYTES ? varint(bytes, tag.end) : null;
    if (wireType === BYTES && value !== null) {
      fields.push({ number, content: bytes.subarray(value.end, value.end + value.value) });
      at = value.end + value.value;
    } else if (wireType === VARINT && value !== null) {
      fields.push({ number, content: null });
      at = value.end;
    } else if (wireType === FIXED_32 || wireType === FIXED_64) {
      fields.push({ number, content: null });
      at = tag.end + (wireType === FIXED_32 ? 4 : 8);
    } else break;
  }
  return fields;
}

/** Seven bits a byte, the lowest first; null where it does not end within ten bytes. */
function varint(bytes: Uint8Array, start: number): { value: number; end: number } | null {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  return null;
}
