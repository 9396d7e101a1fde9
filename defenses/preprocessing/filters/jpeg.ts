import createEncoder from '@jsquash/jpeg/codec/enc/mozjpeg_enc.js';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { AssayError } from '#base/errors';
import { row, rowsOf, zeros, type Tensor } from '#base/tensor';
import { decodeJpeg } from '#data/images/jpeg';
import type { Channels } from '#data/images/picture';
import type { ImageDomain } from '#target/domain';
import { IDENTITY, type Front } from './front.js';
import { planesOf, type Planes } from './planes.js';
import { meanOfWindows } from './smoothing.js';

/** What of MozJPEG's encoder is set: plain JPEG with the tables of the standard, annex K, and colours at half resolution. */
const PLAIN = {
  ...{ baseline: true, arithmetic: false, progressive: false, optimize_coding: false, smoothing: 0 },
  ...{ quant_table: 0, trellis_multipass: false, trellis_opt_zero: false, trellis_opt_table: false, trellis_loops: 1 },
  ...{ auto_subsample: false, chroma_subsample: 2, separate_chroma_quality: false, chroma_quality: 75 },
} as const;

/** The side of that window. */
const KEPT = 3;

const GRAY = 1;
const LUMA_AND_CHROMA = 3;

type Settings = typeof PLAIN & { readonly quality: number; readonly color_space: number };

/** Makes the encoder out of its compiled module. */
type Factory = (options: { readonly noInitialRun: true; readonly wasmBinary: Uint8Array }) => Promise<Encoder>;

interface Encoder {
  /** @returns null, or a view of memory that the next call writes over */
  encode(rgba: Uint8Array, width: number, height: number, settings: Settings): Uint8Array | null;
}

let started: Promise<Encoder> | null = null;

/** Started once, from the bytes in its package: nothing is fetched. */
function encoder(): Promise<Encoder> {
  started ??= (createEncoder as Factory)({
    noInitialRun: true,
    wasmBinary: readFileSync(createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm')),
  });
  return started;
}

/**
 * JPEG compression (Dziugaite, Ghahramani & Roy 2016, arXiv:1608.00853): each image is rounded to a byte a value, encoded and
 * decoded as a real JPEG file, gray or in colours. Goes back by the identity, which is exact but for rounding, and by the mean
 * of a window, since it is the low frequencies that rounding leaves.
 *
 * @param quality 1 to 100, as encoders of the Independent JPEG Group count it
 */
export function jpeg(domain: Pick<ImageDomain, 'shape' | 'layout' | 'range'>, quality: number): Front {
  const { range } = domain;
  const planes = planesOf(domain);
  const { height, width } = planes;
  const channels = channelsOf(planes);
  const settings = { ...PLAIN, quality, color_space: channels === 1 ? GRAY : LUMA_AND_CHROMA };
  const apply = async (batch: Tensor): Promise<Tensor> => {
    const codec = await encoder();
    const compressed = zeros(batch.shape);
    const rgba = new Uint8Array(4 * height * width);
    for (let i = 0; i < rowsOf(batch); i++) {
      const where = `image ${i} of a batch`;
      writeBytes(row(batch, i), planes, range, rgba);
      const file = codec.encode(rgba, width, height, settings);
      if (file === null) throw new AssayError('data', { where, what: 'it cannot be compressed' });
      const { data } = await decodeJpeg(file.slice(), channels, false, where);
      readBytes(data, planes, range, row(compressed, i));
    }
    return compressed;
  };
  return { name: `JPEG compression at quality ${quality}`, apply, surrogates: [IDENTITY, meanOfWindows(domain, KEPT)] };
}

/** @throws AssayError `plugin` for what is neither gray nor in three colours */
function channelsOf({ channels }: Planes): Channels {
  if (channels === 1 || channels === 3) return channels;
  throw new AssayError('plugin', { what: `a JPEG picture has 1 or 3 channels, and these images have ${channels}` });
}

type Range = ImageDomain['range'];

function writeBytes(image: Float32Array, planes: Planes, [low, high]: Range, rgba: Uint8Array): void {
  const { channels, channelStep, pixelStep } = planes;
  const scale = 255 / (high - low);
  for (let pixel = 0; 4 * pixel < rgba.length; pixel++) {
    for (let color = 0; color < 3; color++) {
      const value = image[pixel * pixelStep + (channels === 1 ? 0 : color) * channelStep] ?? NaN;
      rgba[4 * pixel + color] = Math.min(Math.max(Math.round((value - low) * scale), 0), 255);
    }
    rgba[4 * pixel + 3] = 255;
  }
}

/** @param bytes the channels of a pixel side by side */
function readBytes(bytes: Uint8Array, planes: Planes, [low, high]: Range, image: Float32Array): void {
  const { channels, channelStep, pixelStep } = planes;
  const scale = (high - low) / 255;
  for (let i = 0; i < bytes.length; i++) {
    const channel = i % channels;
    image[((i - channel) / channels) * pixelStep + channel * channelStep] = low + (bytes[i] ?? NaN) * scale;
  }
}
