import { digestOfBytes } from '#base/digest';
import { writeHeatMap } from '#report/heat-map';
import type { Picture } from '#report/details';
import { channelAxis, type Domain, type ImageDomain } from '#target/domain';
import { drawSample, isDrawable } from '../png.js';

/** The files of an explanation, by their paths below its folder. */
export type Files = Map<string, Uint8Array>;

/** Puts a file among the others, and says how it is referred to. */
export function placeFile(files: Files, file: string, bytes: Uint8Array): { file: string; sha256: string } {
  files.set(file, bytes);
  return { file, sha256: digestOfBytes(bytes) };
}

/** The input as a picture; null for what is none, or has other channels than one or three. */
export function inputPicture(domain: Domain, input: Float32Array, files: Files): Picture | null {
  if (domain.kind !== 'image' || !isDrawable(domain)) return null;
  const { bytes, width, height } = drawSample(domain, input);
  return { ...placeFile(files, 'pictures/input.png', bytes), width, height };
}

/** One value a pixel as a signed map, whose full colour stands for `scale`. */
export function mapPicture(
  domain: ImageDomain,
  pixels: Float64Array,
  scale: number,
  id: string,
  files: Files,
): Picture {
  const { width, height } = sidesOf(domain);
  return { ...placeFile(files, `pictures/${id}.png`, writeHeatMap(pixels, width, height, scale)), width, height };
}

function sidesOf(domain: ImageDomain): { readonly width: number; readonly height: number } {
  const [height = 1, width = 1] = domain.shape.filter((_, axis) => axis !== channelAxis(domain));
  return { width, height };
}
