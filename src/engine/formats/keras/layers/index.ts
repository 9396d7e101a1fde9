import type { Lowering } from '../lowering/layer.js';
import { activationLayers } from './activations.js';
import { attentionLayers } from './attention.js';
import { bidirectionalLayers } from './bidirectional.js';
import { convolutionLayers } from './convolutions.js';
import { denseLayers } from './dense.js';
import { embeddingLayers } from './embeddings.js';
import { identityLayers } from './identities.js';
import { mergeLayers } from './merges.js';
import { multiHeadAttentionLayers } from './multi-head-attention.js';
import { normalizationLayers } from './normalizations.js';
import { operations } from './operations.js';
import { paddingLayers } from './paddings.js';
import { poolingLayers } from './poolings.js';
import { recurrentLayers } from './recurrent.js';
import { reshapeLayers } from './reshapes.js';
import { resizingLayers } from './resizing.js';
import { softmaxLayers } from './softmax.js';
import { timeDistributedLayers } from './time-distributed.js';
import { transposedConvolutionLayers } from './transposed-convolutions.js';

const FAMILIES: readonly Readonly<Record<string, Lowering>>[] = [
  activationLayers,
  attentionLayers,
  bidirectionalLayers,
  convolutionLayers,
  denseLayers,
  embeddingLayers,
  identityLayers,
  mergeLayers,
  multiHeadAttentionLayers,
  normalizationLayers,
  operations,
  paddingLayers,
  poolingLayers,
  recurrentLayers,
  reshapeLayers,
  resizingLayers,
  softmaxLayers,
  timeDistributedLayers,
  transposedConvolutionLayers,
];

/** The lowering of each layer by its class. */
export const lowerings: ReadonlyMap<string, Lowering> = new Map(FAMILIES.flatMap((family) => Object.entries(family)));
