import type { Explainer } from '#plugin/explainer';
import { anchors } from './anchors.js';
import { gradCam, gradCamPlusPlus, layerCam } from './class-activation-maps.js';
import { counterfactuals } from './counterfactuals.js';
import { deepLift } from './deep-lift.js';
import { effects } from './effects.js';
import { exactShapley } from './exact-shapley.js';
import { expectedGradients } from './expected-gradients.js';
import { deconvolution, guidedBackpropagation } from './guided-backpropagation.js';
import { guidedIntegratedGradients } from './guided-integrated-gradients.js';
import { inputXGradient } from './input-x-gradient.js';
import { integratedGradients } from './integrated-gradients.js';
import { kernelShap } from './kernel-shap.js';
import { lime } from './lime.js';
import { lrp } from './lrp.js';
import { nearestExamples } from './nearest-examples.js';
import { smoothGrad, varGrad } from './noisy-gradients.js';
import { occlusion } from './occlusion.js';
import { permutationShapley } from './permutation-shapley.js';
import { random } from './random.js';
import { saliency } from './saliency.js';
import { surrogateTree } from './surrogate-tree.js';

/** Every explainer of single decisions, in the order in which a page shows them. */
export const explainers: readonly Explainer[] = [
  ...[integratedGradients, expectedGradients, guidedIntegratedGradients],
  ...[deepLift, lrp],
  ...[gradCam, gradCamPlusPlus, layerCam],
  ...[saliency, inputXGradient, smoothGrad, varGrad],
  ...[exactShapley, permutationShapley, kernelShap],
  ...[lime, occlusion],
  ...[anchors, counterfactuals, nearestExamples],
  ...[effects, surrogateTree],
  ...[guidedBackpropagation, deconvolution, random],
];
