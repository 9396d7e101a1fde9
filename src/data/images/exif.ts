import type { Picture } from './picture.js';

const ORIENTATION = 0x0112;
const SHORT = 3;

/** The orientation (1 to 8) in the body of a JPEG's APP1 segment (Exif 2.3: a TIFF directory); null without one. */
export function orientationOf(body: Uint8Array): number | null {
  if (Buffer.from(body.subarray(0, 6)).toString('latin1') !== 'Exif\0\0') return null;
  const tiff = body.subarray(6);
  const order = Buffer.from(tiff.subarray(0, 2)).toString('latin1');
  if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return null;
  const little = order === 'II';
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return null;
  const count = view.getUint16(directory, little);
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.length) return null;
    if (view.getUint16(entry, little) !== ORIENTATION || view.getUint16(entry + 2, little) !== SHORT) continue;
    const value = view.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? value : null;
  }
  return null;
}

/** For each orientation, where the pixel (x, y) of the upright picture stands in the stored one of the given size. */
const STORED: readonly ((x: number, y: number, width: number, height: number) => readonly [number, number])[] = [
  (x, y) => [x, y],
  (x, y, width) => [width - 1 - x, y],
  (x, y, width, height) => [width - 1 - x, height - 1 - y],
  (x, y, _, height) => [x, height - 1 - y],
  (x, y) => [y, x],
  (x, y, _, height) => [y, height - 1 - x],
  (x, y, width, height) => [width - 1 - y, height - 1 - x],
  (x, y, width) => [width - 1 - y, x],
];

/** The picture as it is meant to be seen (as Pillow's `ImageOps.exif_transpose`). */
export function upright(picture: Picture, orientation: number): Picture {
  const place = STORED[orientation - 1];
  if (orientation === 1 || place === undefined) return picture;
  const { channels } = picture;
  const turned = orientation > 4;
  const width = turned ? picture.height : picture.width;
  const height = turned ? picture.width : picture.height;
  const data = new Uint8Array(picture.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [sourceX, sourceY] = place(x, y, picture.width, picture.height);
      const from = (sourceY * picture.width + sourceX) * channels;
      data.set(picture.data.subarray(from, from + channels), (y * width + x) * channels);
    }
  }
  return { width, height, channels, data };
}
