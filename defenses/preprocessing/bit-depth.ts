import { Type } from '@sinclair/typebox';
import { defineDefense } from '#plugin/define';
import { AdversaryOptions } from './evaluation/adversary.js';
import { evaluationCost, fitsImages, imageTargetOf, measuredBehind } from './evaluation/behind-front.js';
import { ADVICE, ADVICE_TEXTS, MEASURED, preprocessor } from './evaluation/family.js';
import { bitDepth as front } from './filters/bit-depth.js';

const Options = Type.Object(
  {
    ...AdversaryOptions,
    bits: Type.Integer({
      minimum: 1,
      maximum: 8,
      default: 5,
      description: 'Of each value that are left: 2^bits levels.',
    }),
  },
  { additionalProperties: false },
);

/** Bit-depth reduction in front of the model (Xu, Evans & Qi 2018, arXiv:1704.01155, section 3.1); BPDA by the identity. */
export const bitDepth = defineDefense({
  ...preprocessor,
  id: 'preprocessing/bit-depth',
  title: 'Stands behind bit-depth reduction against an adversary who knows it',
  failureTitle: 'Bit-depth reduction does not protect it from an adversary who knows it',
  description:
    'Rounds each pixel to a few levels before the model sees it. Changes too small to reach another level are undone in ' +
    `earnest, so at a small epsilon some of the gain can be real. ${MEASURED.en}`,
  sources: [
    'Xu, Evans & Qi 2018, Feature Squeezing, arXiv:1704.01155, section 3.1',
    'Athalye, Carlini & Wagner 2018, Obfuscated Gradients Give a False Sense of Security, arXiv:1802.00420, section 4.1',
  ],
  advice: ADVICE,
  texts: {
    'zh-CN': {
      title: '在降低位深之后，面对了解它的攻击者仍能保持正确',
      failureTitle: '面对了解它的攻击者，降低位深不能保护模型',
      description:
        '在模型读取之前将每个像素舍入到少数几个级别。小到达不到另一级别的改动会被真正消除，因此在较小的 epsilon 下部分收益可能是真实的。' +
        MEASURED['zh-CN'],
      ...{ advice: ADVICE_TEXTS['zh-CN'], threat: null },
    },
    de: {
      title: 'Steht hinter verringerter Bittiefe gegen einen Angreifer, der sie kennt',
      failureTitle: 'Verringerte Bittiefe schützt es nicht vor einem Angreifer, der sie kennt',
      description:
        'Rundet jedes Pixel auf wenige Stufen, bevor das Modell es sieht. Änderungen, die keine andere Stufe erreichen, werden ' +
        `tatsächlich aufgehoben; bei kleinem Epsilon kann ein Teil des Gewinns also echt sein. ${MEASURED.de}`,
      ...{ advice: ADVICE_TEXTS.de, threat: null },
    },
  },
  options: Options,
  appliesTo: fitsImages,
  cost: (samples, options) => evaluationCost(samples, options, 1, 1),
  run: (context) => {
    const { target, domain } = imageTargetOf(context.target, 'preprocessing/bit-depth');
    return measuredBehind(context, target, front(domain, context.options.bits));
  },
});
