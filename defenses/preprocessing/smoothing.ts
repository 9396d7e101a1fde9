import { Type } from '@sinclair/typebox';
import { defineDefense } from '#plugin/define';
import { AdversaryOptions } from './evaluation/adversary.js';
import { evaluationCost, fitsImages, imageTargetOf, measuredBehind } from './evaluation/behind-front.js';
import { ADVICE, ADVICE_TEXTS, MEASURED, preprocessor } from './evaluation/family.js';
import { smoothing as front, type Filter } from './filters/smoothing.js';

const Options = Type.Object(
  {
    ...AdversaryOptions,
    filter: Type.Unsafe<Filter>({
      type: 'string',
      enum: ['median', 'mean'],
      default: 'median',
      description: 'What each pixel becomes: the median of its window, or the mean.',
    }),
    window: Type.Integer({ minimum: 2, maximum: 9, default: 2, description: 'Side of the window, in pixels.' }),
  },
  { additionalProperties: false },
);

/**
 * Spatial smoothing in front of the model (Xu, Evans & Qi 2018, arXiv:1704.01155, section 3.2). BPDA goes back through a median
 * by the pixel that was selected and by the mean of the window, and through a mean by its own gradient.
 */
export const smoothing = defineDefense({
  ...preprocessor,
  id: 'preprocessing/smoothing',
  title: 'Stands behind spatial smoothing against an adversary who knows it',
  failureTitle: 'Spatial smoothing does not protect it from an adversary who knows it',
  description: `Replaces each pixel by the median or mean of its neighbours before the model sees it. ${MEASURED.en}`,
  sources: [
    'Xu, Evans & Qi 2018, Feature Squeezing, arXiv:1704.01155, section 3.2',
    'Athalye, Carlini & Wagner 2018, Obfuscated Gradients Give a False Sense of Security, arXiv:1802.00420, section 4.1',
  ],
  advice: ADVICE,
  texts: {
    'zh-CN': {
      title: '在空间平滑之后，面对了解它的攻击者仍能保持正确',
      failureTitle: '面对了解它的攻击者，空间平滑不能保护模型',
      description: `在模型读取之前用邻域的中值或均值替换每个像素。${MEASURED['zh-CN']}`,
      ...{ advice: ADVICE_TEXTS['zh-CN'], threat: null },
    },
    de: {
      title: 'Steht hinter räumlicher Glättung gegen einen Angreifer, der sie kennt',
      failureTitle: 'Räumliche Glättung schützt es nicht vor einem Angreifer, der sie kennt',
      description: `Ersetzt jedes Pixel durch Median oder Mittel seiner Nachbarn, bevor das Modell es sieht. ${MEASURED.de}`,
      ...{ advice: ADVICE_TEXTS.de, threat: null },
    },
  },
  options: Options,
  appliesTo: fitsImages,
  cost: (samples, options) => evaluationCost(samples, options, options.filter === 'median' ? 2 : 1, 1),
  run: (context) => {
    const { target, domain } = imageTargetOf(context.target, 'preprocessing/smoothing');
    return measuredBehind(context, target, front(domain, context.options.window, context.options.filter));
  },
});
