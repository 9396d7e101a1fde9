import type { RuleTable } from '../../rule.js';
import { batchNormalization } from './batch-normalization.js';
import { groupNormalization, instanceNormalization } from './group-normalization.js';
import { hardmax } from './hardmax.js';
import { layerNormalization, rmsNormalization } from './layer-normalization.js';
import { logSoftmax } from './log-softmax.js';
import { lpNormalization } from './lp-normalization.js';
import { localResponseNormalization } from './lrn.js';
import { meanVarianceNormalization } from './mean-variance-normalization.js';
import { skipLayerNormalization, skipSimplifiedLayerNormalization } from './skip-normalization.js';
import { softmax } from './softmax.js';

/** Normalizations. */
export const normalizationRules: RuleTable = {
  BatchNormalization: batchNormalization,
  GroupNormalization: groupNormalization,
  Hardmax: hardmax,
  InstanceNormalization: instanceNormalization,
  LRN: localResponseNormalization,
  LayerNormalization: layerNormalization,
  LogSoftmax: logSoftmax,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVarianceNormalization,
  RMSNormalization: rmsNormalization,
  // ONNX Runtime keeps this one, from before there was RMSNormalization, in the standard domain.
  SimplifiedLayerNormalization: rmsNormalization,
  Softmax: softmax,
  'com.microsoft.SkipLayerNormalization': skipLayerNormalization,
  'com.microsoft.SkipSimplifiedLayerNormalization': skipSimplifiedLayerNormalization,
};
