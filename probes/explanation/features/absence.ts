import { Type, type Static, type TObject } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { rowsOf, sizeOf, type Tensor } from '#base/tensor';
import type { Features } from '#plugin/explainer';
import type { RandomStreams } from '#stats/random';
import { channelAxis, type Domain, type ImageDomain, type TextDomain } from '#target/domain';
import type { SampleSource } from '#target/sample-source';
import { drawnBackground, meanBackground } from './background.js';
import { blurred } from './blur.js';

/** What stands in the place of a feature that is absent. */
export const absenceOptions = {
  absent: Type.Union(
    [
      Type.Literal('auto'),
      Type.Literal('background'),
      Type.Literal('mean'),
      Type.Literal('blur'),
      Type.Literal('region-mean'),
    ],
    {
      default: 'auto',
      description:
        'What stands in the place of an absent feature. `background`: the values of real inputs, over which scores are averaged; `mean`: the mean of ' +
        'real inputs, of pictures that of each channel; `blur`: the picture blurred; `region-mean`: the mean of the region. `auto` is `background` for ' +
        'tables and `mean` for pictures; in texts it is always the mask token, or padding where there is none.',
    },
  ),
  backgroundRows: Type.Integer({
    minimum: 1,
    default: 100,
    description: 'Inputs of the background that are drawn, as many as there are at most.',
  }),
};

export type AbsenceOptions = Static<TObject<typeof absenceOptions>>;

export interface AbsenceRequest {
  readonly domain: Domain;
  /** One sample, [1, ...shape]. */
  readonly sample: Tensor;
  readonly features: Features;
  readonly background: SampleSource;
  readonly random: RandomStreams;
}

export interface Absence {
  /** [rows, ...shape] */
  readonly background: Tensor;
  /** In words, as the end of `absent features take ...`. */
  readonly words: string;
}

/**
 * What absent features of a sample are replaced by.
 *
 * @throws AssayError `usage` where the choice does not fit the input, `data` where there is no background
 */
export async function absenceOf(request: AbsenceRequest, options: AbsenceOptions): Promise<Absence> {
  const { domain } = request;
  const chosen = options.absent === 'auto' ? (domain.kind === 'image' ? 'mean' : 'background') : options.absent;
  if (domain.kind === 'text') return hidden(domain, request.sample, options.absent);
  if (chosen === 'background') {
    const background = await drawnBackground(request.background, request.random, options.backgroundRows);
    return {
      background,
      words: `the values of ${rowsOf(background)} inputs of the background, over which scores are averaged`,
    };
  }
  if (chosen === 'mean') {
    const { mean, words } = await meanBackground(request.background, request.random, options.backgroundRows);
    if (domain.kind !== 'image') return { background: mean, words };
    const channels = domain.shape[channelAxis(domain)] ?? 1;
    return { background: averagedOver(mean, channelsOf(domain), channels), words: `${words}, that of each channel` };
  }
  if (domain.kind !== 'image') {
    throw new AssayError('usage', { what: `\`absent: ${chosen}\` is for pictures, and this target takes tables` });
  }
  if (chosen === 'blur')
    return { background: blurred(domain, request.sample), words: 'the values of the blurred picture' };
  return { background: regionMeans(domain, request), words: 'the mean of their region' };
}

/** The token that stands for one that is absent: the mask, else padding; null where the tokenizer names neither. */
export function absentToken({ tokens }: TextDomain): number | null {
  return tokens?.mask ?? tokens?.padding ?? null;
}

/** {@link absentToken}, and how it is called. @throws AssayError `usage` where there is none */
export function requireAbsentToken(domain: TextDomain): { readonly token: number; readonly words: string } {
  const token = absentToken(domain);
  if (token === null) {
    throw new AssayError('usage', {
      what: 'the tokenizer has neither a mask nor padding that could stand for an absent token',
    });
  }
  return { token, words: token === domain.tokens?.mask ? 'the mask token' : 'the padding token' };
}

function hidden(domain: TextDomain, { shape }: Tensor, absent: AbsenceOptions['absent']): Absence {
  if (absent !== 'auto') {
    throw new AssayError('usage', {
      what: `\`absent: ${absent}\` is for values that can be averaged, and absent tokens become a token of their own`,
    });
  }
  const { token, words } = requireAbsentToken(domain);
  return { background: { shape, data: new Float32Array(sizeOf(shape)).fill(token) }, words };
}

function regionMeans(domain: ImageDomain, { sample, features }: AbsenceRequest): Tensor {
  const channels = channelsOf(domain);
  const regions = features.names.length;
  const groups = channels.map((channel, i) => channel * regions + (features.of[i] ?? 0));
  return averagedOver(sample, groups, (domain.shape[channelAxis(domain)] ?? 1) * regions);
}

/** The channel of each value. */
function channelsOf(domain: ImageDomain): Int32Array {
  const axis = channelAxis(domain);
  const behind = sizeOf(domain.shape.slice(axis + 1));
  const count = domain.shape[axis] ?? 1;
  return Int32Array.from({ length: sizeOf(domain.shape) }, (_, i) => Math.floor(i / behind) % count);
}

/** Each value becomes the mean of its group. */
function averagedOver({ shape, data }: Tensor, groups: Int32Array, count: number): Tensor {
  const sums = new Float64Array(count);
  const counts = new Float64Array(count);
  groups.forEach((group, i) => {
    sums[group] = (sums[group] ?? NaN) + (data[i] ?? NaN);
    counts[group] = (counts[group] ?? NaN) + 1;
  });
  return { shape, data: Float32Array.from(groups, (group) => (sums[group] ?? NaN) / (counts[group] ?? NaN)) };
}
