import { AssayError } from '#base/errors';
import type { Interpolation } from './resample.js';
import type { ChannelOrder, PictureSteps, Resize, Size } from './steps.js';

/** What a preprocessor file does to a picture: the steps, then `(bytes * rescale - mean) / std`. */
export interface Preprocessing extends PictureSteps {
  /** Bytes are multiplied by it; null where they stay as they are. */
  readonly rescale: number | null;
  /** Per channel, in the units after rescaling; null where the model is given values that are not normalized. */
  readonly mean: readonly number[] | null;
  readonly std: readonly number[] | null;
}

type File = Readonly<Record<string, unknown>>;

const NAME = 'preprocessor_config.json';
/** `PIL.Image.Resampling` in the order of its numbers. */
const BY_NUMBER: readonly Interpolation[] = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'];

/** Processors (transformers 4 and 5) for which one number of `size` is the shorter edge; for the others it is a square. */
const SHORTEST_EDGE = new Set(
  'Bit BridgeTower Chameleon ChineseCLIP CLIP ConvNext Levit LLaVA MobileNetV1 MobileNetV2 MobileViT PoolFormer TextNet VideoMAE Vilt'.split(
    ' ',
  ),
);
const SQUARE = new Set(
  'BeiT Beit BLIP Blip DPT DeiT DINOv3ViT EfficientNet Flava GotOcr2 ImageGPT Perceiver PerceptionLM Pvt Segformer Siglip SigLip SigLIP ViT'.split(
    ' ',
  ),
);
/** Those that interpolate bilinearly where the file does not say how; the others are bicubic. */
const BILINEAR = new Set('DINOv3ViT ImageGPT MobileNetV1 MobileNetV2 Segformer TextNet VideoMAE ViT'.split(' '));
const KNOWN_STEPS = new Set(
  'do_resize do_center_crop do_rescale do_normalize do_convert_rgb do_flip_channel_order do_grayscale do_reduce_labels'.split(
    ' ',
  ),
);

/**
 * Translates Hugging Face's `preprocessor_config.json`, of image processors and of the feature extractors before them.
 * What would change pixels in a way that has no translation is refused, never left out.
 *
 * @param json the parsed file
 * @throws AssayError `config`
 */
export function preprocessingOf(json: unknown): Preprocessing {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw unknownForm('the file is not an object');
  const file: File = { ...json };
  const unknown = Object.keys(file).find((key) => key.startsWith('do_') && file[key] === true && !KNOWN_STEPS.has(key));
  if (unknown !== undefined) throw unknownForm(`\`${unknown}\` is a step that is not known`);
  const processor = processorOf(file);
  return { ...geometryOf(file, processor), channels: orderOf(file), orient: false, ...valuesOf(file, processor) };
}

/** `ViT` of `ViTImageProcessor`, `ViTImageProcessorFast` and `ViTFeatureExtractor`; null where the file does not say. */
function processorOf(file: File): string | null {
  const type = file['image_processor_type'] ?? file['feature_extractor_type'];
  return typeof type === 'string' ? type.replace(/(ImageProcessor(Fast|Pil)?|FeatureExtractor)$/, '') : null;
}

function geometryOf(file: File, processor: string | null): Pick<PictureSteps, 'resize' | 'interpolation' | 'crop'> {
  const resizes = flag(file, 'do_resize', file['size'] !== undefined);
  const crops = flag(file, 'do_center_crop', file['crop_size'] !== undefined);
  const asked = { resize: resizes ? resizeOf(file, processor) : null, crop: crops ? cropOf(file) : null };
  return { interpolation: interpolationOf(file, processor, resizes), ...ofProcessor(file, processor, asked) };
}

/** Some processors resize to more than they say and crop to what they say. */
function ofProcessor(
  file: File,
  processor: string | null,
  asked: { readonly resize: Resize | null; readonly crop: Size | null },
): { resize: Resize | null; crop: Size | null } {
  const { resize, crop } = asked;
  const edge = resize === null ? null : edgeOf(resize);
  if (edge === null) return asked;
  const share = numberAt(file, 'crop_pct');
  const square = { height: edge, width: edge };
  const shortest = (longer: number): Resize => ({ kind: 'shortest-edge', edge: Math.trunc(longer) });
  switch (processor) {
    case 'ConvNext':
      return edge < 384
        ? { resize: shortest(edge / (share ?? 224 / 256)), crop: square }
        : { resize: { kind: 'exact', ...square }, crop };
    case 'PoolFormer':
      return { resize: share === null ? resize : shortest(edge / share), crop };
    case 'Levit':
      return { resize: resize?.kind === 'shortest-edge' ? shortest((256 / 224) * edge) : resize, crop };
    default:
      if (share === null) return asked;
      throw unknownForm(
        `\`crop_pct\` means different things to different processors, and \`${processor}\` is not known`,
      );
  }
}

/** Of a square or a shorter edge; null for a size with two different sides. */
function edgeOf(resize: Resize): number | null {
  if (resize.kind === 'shortest-edge') return resize.edge;
  return resize.height === resize.width ? resize.height : null;
}

function resizeOf(file: File, processor: string | null): Resize {
  const { size } = file;
  if (isLength(size)) {
    if (processor !== null && SHORTEST_EDGE.has(processor)) return { kind: 'shortest-edge', edge: size };
    if (processor !== null && SQUARE.has(processor)) return { kind: 'exact', height: size, width: size };
    throw unknownForm(`\`size\` is ${size}, which is a square or a shorter edge, and the processor is not known`);
  }
  const exact = sizeOf(size);
  if (exact !== null) return { kind: 'exact', ...exact };
  if (isObject(size) && isLength(size['shortest_edge']) && Object.keys(size).length === 1) {
    return { kind: 'shortest-edge', edge: size['shortest_edge'] };
  }
  throw unknownForm(`\`size\` is ${JSON.stringify(size)}, which is no height and width and no shortest edge`);
}

function cropOf(file: File): Size {
  const { crop_size: size } = file;
  if (isLength(size)) return { height: size, width: size };
  const exact = sizeOf(size);
  if (exact !== null) return exact;
  throw unknownForm(`\`crop_size\` is ${JSON.stringify(size)}, which is no height and width`);
}

/** `{height, width}`, or a list of both in this order. */
function sizeOf(size: unknown): Size | null {
  if (Array.isArray(size)) {
    const sides: readonly unknown[] = size;
    const [height, width] = sides;
    return size.length === 2 && isLength(height) && isLength(width) ? { height, width } : null;
  }
  if (!isObject(size)) return null;
  const { height, width } = size;
  return isLength(height) && isLength(width) ? { height, width } : null;
}

function interpolationOf(file: File, processor: string | null, resizes: boolean): Interpolation {
  const { resample } = file;
  if (typeof resample === 'number' || typeof resample === 'string') {
    const name = typeof resample === 'number' ? BY_NUMBER[resample] : resample.toLowerCase();
    const known = BY_NUMBER.find((each) => each === name);
    if (known !== undefined) return known;
    throw unknownForm(`\`resample\` is ${JSON.stringify(resample)}, which is none of Pillow's`);
  }
  if (!resizes) return 'bilinear';
  if (processor !== null && BILINEAR.has(processor)) return 'bilinear';
  if (processor !== null && (SHORTEST_EDGE.has(processor) || SQUARE.has(processor))) return 'bicubic';
  throw unknownForm('`resample` is missing, and the processor is not known');
}

function orderOf(file: File): ChannelOrder {
  if (file['do_grayscale'] === true || isOneChannel(file)) return 'gray';
  return file['do_flip_channel_order'] === true ? 'BGR' : 'RGB';
}

/** Pictures stay as they are stored, and are normalized as those of one channel. */
function isOneChannel(file: File): boolean {
  const mean = file['image_mean'];
  return file['do_convert_rgb'] !== true && Array.isArray(mean) && mean.length === 1;
}

function valuesOf(file: File, processor: string | null): Pick<Preprocessing, 'rescale' | 'mean' | 'std'> {
  const rescales = flag(file, 'do_rescale', true);
  const rescale = rescales ? (numberAt(file, 'rescale_factor') ?? 1 / 255) : null;
  if (rescale !== null && !(rescale > 0)) throw unknownForm(`\`rescale_factor\` is ${rescale}`);
  const normalizes = flag(file, 'do_normalize', file['image_mean'] !== undefined && processor !== 'MobileViT');
  const mean = normalizes ? numbersAt(file, 'image_mean') : null;
  const std = normalizes ? numbersAt(file, 'image_std') : null;
  if (mean?.length !== std?.length) throw unknownForm('`image_mean` and `image_std` have different lengths');
  const twice = processor === 'EfficientNet' && normalizes && file['include_top'] === true;
  return shifted({ rescale, mean, std: twice ? (std?.map((each) => each * each) ?? null) : std }, file);
}

/** `rescale_offset` takes one away after rescaling, which is a mean that is larger by one. */
function shifted(values: Pick<Preprocessing, 'rescale' | 'mean' | 'std'>, file: File) {
  if (file['rescale_offset'] !== true || values.rescale === null) return values;
  return { ...values, mean: (values.mean ?? [0]).map((each) => each + 1), std: values.std ?? [1] };
}

function numbersAt(file: File, key: string): readonly number[] {
  const value = file[key];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const numbers = list.filter((each): each is number => typeof each === 'number' && Number.isFinite(each));
  const usable = numbers.length === list.length && (key !== 'image_std' || numbers.every((each) => each > 0));
  if (usable) return numbers;
  throw unknownForm(
    `\`${key}\` is ${JSON.stringify(value)}, which is no list of ${key === 'image_std' ? 'positive ' : ''}numbers`,
  );
}

function numberAt(file: File, key: string): number | null {
  const value = file[key];
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw unknownForm(`\`${key}\` is ${JSON.stringify(value)}, which is no number`);
}

function flag(file: File, key: string, otherwise: boolean): boolean {
  const value = file[key];
  return typeof value === 'boolean' || value === null ? value === true : otherwise;
}

function isLength(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 2 ** 16;
}

function isObject(value: unknown): value is File {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknownForm(what: string): AssayError {
  return new AssayError('config', {
    where: NAME,
    what,
    mend: 'Say in `data.test.pictures` how pictures are resized and cropped.',
  });
}
