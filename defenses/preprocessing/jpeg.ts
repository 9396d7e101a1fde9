import { Type, type Static } from '@sinclair/typebox';
import { defineDefense } from '#plugin/define';
import { channelAxis } from '#target/domain';
import { AdversaryOptions } from './evaluation/adversary.js';
import { evaluationCost, fitsImages, imageTargetOf, measuredBehind } from './evaluation/behind-front.js';
import { ADVICE, ADVICE_TEXTS, MEASURED, preprocessor } from './evaluation/family.js';
import { jpeg as front } from './filters/jpeg.js';

const Options = Type.Object(
  {
    ...AdversaryOptions,
    quality: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 75,
      description: 'Of the JPEG encoder, as the Independent JPEG Group counts it.',
    }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof Options>;

/** JPEG compression in front of the model (Dziugaite, Ghahramani & Roy 2016, arXiv:1608.00853); BPDA by the identity, and by the mean of a window. */
export const jpeg = defineDefense({
  ...preprocessor,
  id: 'preprocessing/jpeg',
  title: 'Stands behind JPEG compression against an adversary who knows it',
  failureTitle: 'JPEG compression does not protect it from an adversary who knows it',
  description: `Compresses each image as a JPEG file before the model sees it. ${MEASURED.en}`,
  sources: [
    'Dziugaite, Ghahramani & Roy 2016, A study of the effect of JPG compression on adversarial images, arXiv:1608.00853',
    'Athalye, Carlini & Wagner 2018, Obfuscated Gradients Give a False Sense of Security, arXiv:1802.00420, section 4.1',
  ],
  advice: ADVICE,
  texts: {
    'zh-CN': {
      title: '在 JPEG 压缩之后，面对了解它的攻击者仍能保持正确',
      failureTitle: '面对了解它的攻击者，JPEG 压缩不能保护模型',
      description: `在模型读取之前将每幅图像压缩为 JPEG 文件。${MEASURED['zh-CN']}`,
      ...{ advice: ADVICE_TEXTS['zh-CN'], threat: null },
    },
    de: {
      title: 'Steht hinter JPEG-Kompression gegen einen Angreifer, der sie kennt',
      failureTitle: 'JPEG-Kompression schützt es nicht vor einem Angreifer, der sie kennt',
      description: `Komprimiert jedes Bild als JPEG-Datei, bevor das Modell es sieht. ${MEASURED.de}`,
      ...{ advice: ADVICE_TEXTS.de, threat: null },
    },
  },
  options: Options,
  appliesTo: (facts) => {
    const unfit = fitsImages(facts);
    if (unfit !== null || facts.domain.kind !== 'image') return unfit;
    const channels = facts.domain.shape[channelAxis(facts.domain)];
    return channels === 1 || channels === 3
      ? null
      : `a JPEG picture has 1 or 3 channels, and these images have ${channels}`;
  },
  cost: (samples, options) => evaluationCost(samples, options, 2, 1),
  run: (context) => {
    const { target, domain } = imageTargetOf(context.target, 'preprocessing/jpeg');
    return measuredBehind(context, target, front(domain, context.options.quality));
  },
});
