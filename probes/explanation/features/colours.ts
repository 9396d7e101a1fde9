import type { ImageDomain } from '#target/domain';
import { pictureShape } from './picture.js';
import type { ColourPlanes } from './regions.js';

/**
 * The colours of a picture on scales of about 0 to 100: three channels, which are taken for sRGB, as CIELAB (D65); any
 * other number of channels as they are, from the lowest to the highest legal value.
 */
export function colourPlanes(domain: ImageDomain, values: ArrayLike<number>): ColourPlanes {
  const { channels, height, width, channelStep, pixelStep } = pictureShape(domain);
  const [low, high] = domain.range;
  const planes = Array.from({ length: channels }, (_, channel) =>
    Float64Array.from({ length: height * width }, (_, pixel) => {
      return ((values[channel * channelStep + pixel * pixelStep] ?? NaN) - low) / (high - low);
    }),
  );
  const [red, green, blue] = planes;
  if (channels === 3 && red !== undefined && green !== undefined && blue !== undefined) toLab(red, green, blue);
  else for (const plane of planes) for (let i = 0; i < plane.length; i++) plane[i] = 100 * (plane[i] ?? NaN);
  return { height, width, planes };
}

/** In place: IEC 61966-2-1 to XYZ, by the white of D65 to CIE 1976 L*, a*, b*. */
function toLab(red: Float64Array, green: Float64Array, blue: Float64Array): void {
  for (let i = 0; i < red.length; i++) {
    const [r, g, b] = [linear(red[i] ?? NaN), linear(green[i] ?? NaN), linear(blue[i] ?? NaN)];
    const x = cubeRoot((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
    const y = cubeRoot(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
    const z = cubeRoot((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
    red[i] = 116 * y - 16;
    green[i] = 500 * (x - y);
    blue[i] = 200 * (y - z);
  }
}

function linear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** Linear near 0. */
function cubeRoot(value: number): number {
  return value > 216 / 24389 ? Math.cbrt(value) : ((24389 / 27) * value + 16) / 116;
}
