import { AssayError, messageOf } from '#base/errors';
import type { PicturesConfig } from '#config/schema';
import type { ImageDomain } from '#target/domain';
import { readSourceFile } from '../file.js';
import type { PicturePreparation } from '../sources/source.js';
import { preprocessingOf, type Preprocessing } from './preprocessor-file.js';
import { channelsOf, type ChannelOrder, type Resize, type Size } from './steps.js';

const MAX_FILE_BYTES = 1 << 20;

/**
 * What is done to pictures: as the config says, or the file that it names, or the target's own files.
 *
 * @throws AssayError `config` where the channels are not those of the model
 */
export async function preparationOf(
  config: string | PicturesConfig | undefined,
  ofTarget: PicturePreparation | null,
  domain: ImageDomain,
): Promise<PicturePreparation> {
  const channels = channelsIn(domain);
  const steps = typeof config === 'string' ? await fromFile(config, domain) : config === undefined ? ofTarget : null;
  const preparation = steps ?? fromConfig(typeof config === 'object' ? config : {}, channels);
  if (channelsOf(preparation.channels) === channels) return preparation;
  throw new AssayError('config', {
    where: '`pictures.channels`',
    what: `pictures are made ${preparation.channels}, and the target takes ${channels} ${channels === 1 ? 'channel' : 'channels'}`,
  });
}

function channelsIn({ layout, shape }: ImageDomain): number {
  return (layout === 'NCHW' ? shape[0] : shape[2]) ?? 1;
}

function fromConfig(config: PicturesConfig, channels: number): PicturePreparation {
  const { resize, crop, interpolation = 'bilinear', orient = false } = config;
  const order: ChannelOrder = config.channels ?? (channels === 1 ? 'gray' : 'RGB');
  return {
    resize: resize === undefined ? null : resizeOf(resize),
    interpolation,
    crop: crop === undefined ? null : sizeOf(typeof crop === 'number' ? [crop, crop] : crop),
    channels: order,
    orient,
    rescale: null,
  };
}

function resizeOf(resize: number | readonly [number, number]): Resize {
  return typeof resize === 'number' ? { kind: 'shortest-edge', edge: resize } : { kind: 'exact', ...sizeOf(resize) };
}

function sizeOf([height, width]: readonly [number, number]): Size {
  return { height, width };
}

async function fromFile(path: string, { range }: ImageDomain): Promise<PicturePreparation> {
  const { bytes } = await readSourceFile(path, MAX_FILE_BYTES);
  return inUnitsOf(range, preprocessingOf(parsed(new TextDecoder().decode(bytes), path)), path);
}

/** The brightest byte. */
const WHITE = 255;

/**
 * What a preprocessor file does to a picture before the domain begins. Where it rescales bytes, what it makes of them is the
 * domain's range in other units; mean and deviation belong to the target.
 *
 * @throws AssayError `config` where the range does not begin where bytes do
 */
export function inUnitsOf(
  [low, high]: readonly [number, number],
  { resize, interpolation, crop, channels, orient, rescale }: Preprocessing,
  where: string,
): PicturePreparation {
  if (rescale !== null && low !== 0) {
    throw new AssayError('config', {
      where,
      what: `the file multiplies bytes by ${Number(rescale.toPrecision(6))}, which begin at 0, and \`target.domain.range\` begins at ${low}`,
      mend: 'Declare the range of the pictures before they are normalized.',
    });
  }
  return { resize, interpolation, crop, channels, orient, rescale: rescale === null ? null : high / WHITE };
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AssayError('config', { where, what: `the file is not JSON (${messageOf(cause)})`, cause });
  }
}
