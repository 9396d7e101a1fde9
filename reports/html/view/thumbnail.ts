import { PNG } from 'pngjs';

/** How several pixels become one: photographs by their mean; signed noise by one of them, since its mean is grey. */
export type Sampling = 'mean' | 'nearest';

export interface Dimensions {
  readonly width: number;
  readonly height: number;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Beyond this a picture is not decoded: it would take more memory than a page is worth. */
const MOST_PIXELS = 4096 * 4096;

/** Width and height out of the header of a PNG (ISO/IEC 15948, 11.2.2), or null for anything else. */
export function dimensionsOf(bytes: Uint8Array): Dimensions | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 33 || !file.subarray(0, 8).equals(SIGNATURE)) return null;
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  return width > 0 && height > 0 ? { width, height } : null;
}

/** The picture reduced to the first of these longest sides that takes at most `limit` bytes; null where none does. */
export function smallerPng(
  bytes: Uint8Array,
  sides: readonly number[],
  limit: number,
  sampling: Sampling,
): (Dimensions & { readonly bytes: Uint8Array }) | null {
  const whole = decoded(bytes);
  if (whole === null) return null;
  for (const side of sides) {
    if (side >= Math.max(whole.width, whole.height)) continue;
    const small = reduced(whole, side, sampling);
    const file = PNG.sync.write(small, { deflateLevel: 9, colorType: isGrey(small) ? 0 : 2 });
    if (file.length <= limit) return { bytes: file, width: small.width, height: small.height };
  }
  return null;
}

function decoded(bytes: Uint8Array): PNG | null {
  const size = dimensionsOf(bytes);
  if (size === null || size.width * size.height > MOST_PIXELS) return null;
  try {
    return PNG.sync.read(Buffer.from(bytes));
  } catch {
    return null;
  }
}

function reduced(whole: PNG, side: number, sampling: Sampling): PNG {
  const scale = side / Math.max(whole.width, whole.height);
  const small = new PNG({
    width: Math.max(1, Math.round(whole.width * scale)),
    height: Math.max(1, Math.round(whole.height * scale)),
  });
  for (let y = 0; y < small.height; y++) {
    for (let x = 0; x < small.width; x++) {
      const [left, right] = cut(x, small.width, whole.width);
      const [top, bottom] = cut(y, small.height, whole.height);
      const at = 4 * (y * small.width + x);
      for (let channel = 0; channel < 3; channel++) {
        small.data[at + channel] =
          sampling === 'mean'
            ? meanOf(whole, channel, left, right, top, bottom)
            : (whole.data[4 * (((top + bottom) >> 1) * whole.width + ((left + right) >> 1)) + channel] ?? 0);
      }
      small.data[at + 3] = 255;
    }
  }
  return small;
}

/** The source pixels [from, to) that one target pixel stands for. */
function cut(index: number, small: number, whole: number): [number, number] {
  const from = Math.floor((index * whole) / small);
  return [from, Math.max(from + 1, Math.floor(((index + 1) * whole) / small))];
}

function meanOf(image: PNG, channel: number, left: number, right: number, top: number, bottom: number): number {
  let sum = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) sum += image.data[4 * (y * image.width + x) + channel] ?? 0;
  }
  return Math.round(sum / ((right - left) * (bottom - top)));
}

function isGrey({ data }: PNG): boolean {
  for (let i = 0; i < data.length; i += 4) if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  return true;
}
