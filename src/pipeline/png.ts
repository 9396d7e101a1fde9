import { PNG } from 'pngjs';
import type { MapSummary } from '#report/details';
import { summaryOf, writeHeatMap } from '#report/heat-map';
import type { ImageDomain } from '#target/domain';

/** An image of 8 bits a channel, as a PNG file. */
export interface Drawing {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

type Rgb = readonly [number, number, number];

/** Whether samples of this domain can be shown: one channel as grey, three as red, green and blue. */
export function isDrawable(domain: ImageDomain): boolean {
  const { channels } = geometryOf(domain);
  return domain.shape.length === 3 && (channels === 1 || channels === 3);
}

/** The sample as it is: the range's ends are black and white. */
export function drawSample(domain: ImageDomain, sample: Float32Array): Drawing {
  const [low, high] = domain.range;
  return drawChannels(domain, (position) => (255 * ((sample[position] ?? 0) - low)) / (high - low));
}

/** Grey + amplification * (changed - original): no change is middle grey. */
export function drawPerturbation(
  domain: ImageDomain,
  original: Float32Array,
  changed: Float32Array,
  amplification: number,
): Drawing {
  const [low, high] = domain.range;
  return drawChannels(domain, (position) => {
    const change = ((changed[position] ?? 0) - (original[position] ?? 0)) / (high - low);
    return 127.5 + 255 * amplification * change;
  });
}

/** The largest whole number by which a change of `largest` can be amplified and still be drawn unclipped; at least 1. */
export function amplificationFor(domain: ImageDomain, largest: number): number {
  const [low, high] = domain.range;
  if (!(largest > 0)) return 1;
  // A hair of slack: 0.5 / 0.1 is 5, whatever rounding made of the measured 0.1.
  return Math.max(1, Math.floor(((high - low) / 2 / largest) * (1 + 1e-4)));
}

/** A signed map, one value a pixel, as a palette picture from which the values can be read again. */
export function drawMap(domain: ImageDomain, map: Float32Array, scale: number): Drawing {
  const { width, height } = geometryOf(domain);
  return { bytes: writeHeatMap(map, width, height, scale), width, height };
}

/** The map in a few numbers. */
export function summarizeMap(domain: ImageDomain, map: Float32Array): MapSummary {
  const { width, height } = geometryOf(domain);
  return summaryOf(map, width, height);
}

/**
 * A map over an image as one value a pixel: channels are added up, which keeps the sum of the whole.
 *
 * @returns null when the map fits neither the sample nor its pixels
 */
export function pixelMap(domain: ImageDomain, map: Float32Array): Float32Array | null {
  const { width, height, channels } = geometryOf(domain);
  const pixels = width * height;
  if (map.length === pixels) return map;
  if (map.length !== pixels * channels) return null;
  const position = positions(domain);
  return Float32Array.from({ length: pixels }, (_, pixel) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += map[position(pixel, channel)] ?? 0;
    return sum;
  });
}

function drawChannels(domain: ImageDomain, valueAt: (position: number) => number): Drawing {
  const { channels } = geometryOf(domain);
  const position = positions(domain);
  return draw(domain, (pixel) => {
    const value = (channel: number) => valueAt(position(pixel, channels === 1 ? 0 : channel));
    return [value(0), value(1), value(2)];
  });
}

function draw(domain: ImageDomain, colorAt: (pixel: number) => Rgb): Drawing {
  const { width, height } = geometryOf(domain);
  const image = new PNG({ width, height, colorType: 2 });
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [red, green, blue] = colorAt(pixel);
    image.data.set([byte(red), byte(green), byte(blue), 255], pixel * 4);
  }
  return { bytes: PNG.sync.write(image, { colorType: 2 }), width, height };
}

function geometryOf(domain: ImageDomain): { channels: number; height: number; width: number } {
  const [a = 0, b = 0, c = 0] = domain.shape;
  return domain.layout === 'NCHW' ? { channels: a, height: b, width: c } : { channels: c, height: a, width: b };
}

/** Where a channel of a pixel lies within a sample. */
function positions(domain: ImageDomain): (pixel: number, channel: number) => number {
  const { width, height, channels } = geometryOf(domain);
  return domain.layout === 'NCHW'
    ? (pixel, channel) => channel * width * height + pixel
    : (pixel, channel) => pixel * channels + channel;
}

function byte(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)));
}
