import { Type, type Static, type TObject } from '@sinclair/typebox';
import type { Features } from '#plugin/explainer';
import type { Domain, ImageDomain } from '#target/domain';
import { colourPlanes } from './colours.js';
import { columnFeatures } from './columns.js';
import { pictureShape, regionFeatures } from './picture.js';
import { gridRegions, slicRegions } from './regions.js';
import { tokenFeatures } from './tokens.js';

/** Options of a partition; tables have nothing to choose. */
export const partitionOptions = {
  regions: Type.Integer({
    minimum: 1,
    default: 50,
    description: 'Of a picture: about how many regions it is divided into. Fewer are sooner explained, and coarser.',
  }),
  segmentation: Type.Union([Type.Literal('super-pixels'), Type.Literal('grid')], {
    default: 'super-pixels',
    description: 'Of a picture: regions that follow its edges (SLIC, Achanta et al. 2012), or the cells of a grid.',
  }),
  compactness: Type.Number({
    exclusiveMinimum: 0,
    default: 10,
    description:
      'Of super-pixels: how much place weighs against colour. Small values follow edges, large ones come near to a grid; colours run from 0 to 100.',
  }),
  parts: Type.Integer({
    minimum: 1,
    default: 64,
    description:
      'Of a text: features at most. One with more tokens is divided into stretches of neighbouring tokens, in which no word is parted.',
  }),
};

export type PartitionOptions = Static<TObject<typeof partitionOptions>>;

/**
 * What explainers by coalitions take as features of an input: columns of a table, regions of a picture, tokens of a text.
 *
 * @param sample the values of one input
 * @param tokens of a text: what each token reads; null where that is not known
 */
export function partitionOf(
  domain: Domain,
  sample: ArrayLike<number>,
  tokens: readonly string[] | null,
  options: PartitionOptions,
): Features {
  switch (domain.kind) {
    case 'tabular':
      return columnFeatures(domain);
    case 'text':
      return tokenFeatures(domain, sample, tokens, options.parts);
    case 'image':
      return pictureFeatures(domain, sample, options);
  }
}

function pictureFeatures(
  domain: ImageDomain,
  sample: ArrayLike<number>,
  { regions, segmentation, compactness }: PartitionOptions,
): Features {
  const { height, width } = pictureShape(domain);
  const found =
    segmentation === 'grid'
      ? gridRegions(height, width, regions)
      : slicRegions(colourPlanes(domain, sample), regions, compactness);
  return regionFeatures(domain, found.of, found.count);
}
