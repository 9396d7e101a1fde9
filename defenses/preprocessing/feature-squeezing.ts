import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { defineDefense } from '#plugin/define';
import type { Cost, Evidence, RunContext } from '#plugin/plugin';
import type { RandomStreams } from '#stats/random';
import { chunkOf, samplesAt, type SampleSource } from '#target/sample-source';
import { AdversaryOptions } from './evaluation/adversary.js';
import { evaluationCost, fitsImages, imageTargetOf } from './evaluation/behind-front.js';
import type { PreprocessingData } from './evaluation/data.js';
import { evaluated } from './evaluation/evaluate.js';
import { ADVICE, ADVICE_TEXTS, MEASURED, preprocessor } from './evaluation/family.js';
import { bitDepth } from './filters/bit-depth.js';
import { smoothing } from './filters/smoothing.js';
import { watched } from './squeezing/adversary.js';
import { squeezingScores, thresholdOf, viewsOf, type Squeezed } from './squeezing/detector.js';

const Options = Type.Object(
  {
    ...AdversaryOptions,
    bits: Type.Integer({ minimum: 1, maximum: 8, default: 5, description: 'Of the squeezer that reduces bit depth.' }),
    window: Type.Integer({
      minimum: 2,
      maximum: 9,
      default: 2,
      description: 'Side of the median squeezer, in pixels.',
    }),
    falsePositiveRate: Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.05,
      description:
        'Share of clean inputs that may be flagged: the threshold is chosen by it, on half of the test samples.',
    }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof Options>;

/**
 * Feature squeezing as a detector (Xu, Evans & Qi 2018, arXiv:1704.01155, section 5): an input is flagged where the model's
 * probabilities of it and of a squeezed view of it are far apart. An adversary wins by an input that is wrong and not flagged.
 */
export const featureSqueezing = defineDefense({
  ...preprocessor,
  id: 'preprocessing/feature-squeezing',
  frameworks: { ...preprocessor.frameworks, 'mitre-atlas': ['AML.M0015'] },
  title: 'Stands beside feature squeezing against an adversary who knows it',
  failureTitle: 'Feature squeezing does not detect an adversary who knows it',
  description:
    'Flags an input when the answers for it and for a squeezed view of it, with fewer bits or a median filter, are far apart. ' +
    'The threshold is chosen on a half of the test samples drawn by seed, which is in no rate; an adversary wins by an input ' +
    `that is wrong and not flagged. ${MEASURED.en}`,
  sources: [
    'Xu, Evans & Qi 2018, Feature Squeezing, arXiv:1704.01155, section 5',
    'He et al. 2017, Adversarial Example Defenses: Ensembles of Weak Defenses are not Strong, arXiv:1706.04701, section 4',
    'Carlini & Wagner 2017, Adversarial Examples Are Not Easily Detected, arXiv:1705.07263, section 3.4',
  ],
  advice: ADVICE,
  texts: {
    'zh-CN': {
      title: '在特征压缩检测器旁，面对了解它的攻击者仍能保持正确',
      failureTitle: '特征压缩检测不到了解它的攻击者',
      description:
        '当模型对输入与对其压缩视图（更少的位或中值滤波）的回答相差很大时，将该输入标记为可疑。阈值在按种子抽取的一半测试样本上选定，' +
        `这一半不计入任何比率；攻击者以判断错误且未被标记的输入取胜。${MEASURED['zh-CN']}`,
      ...{ advice: ADVICE_TEXTS['zh-CN'], threat: null },
    },
    de: {
      title: 'Steht neben Feature Squeezing gegen einen Angreifer, der es kennt',
      failureTitle: 'Feature Squeezing erkennt einen Angreifer nicht, der es kennt',
      description:
        'Meldet eine Eingabe, wenn die Antworten auf sie und auf eine gestauchte Ansicht von ihr (weniger Bits oder Medianfilter) ' +
        'weit auseinanderliegen. Die Schwelle wird auf einer per Startwert gezogenen Hälfte der Testdaten gewählt, die in keine ' +
        `Quote eingeht; ein Angreifer gewinnt mit einer falschen Eingabe, die nicht gemeldet wird. ${MEASURED.de}`,
      ...{ advice: ADVICE_TEXTS.de, threat: null },
    },
  },
  options: Options,
  appliesTo: (facts) =>
    fitsImages(facts) ??
    (facts.head.kind === 'classes'
      ? null
      : `it compares probabilities of classes, and the head is \`${facts.head.kind}\``),
  cost: costOf,
  run: detect,
});

/** A step of the game asks for the scores of all three views before it asks for their gradients. */
function costOf(samples: number, options: Options): Cost {
  const half = Math.ceil(samples / 2);
  const { predictions, gradients } = evaluationCost(half, options, 2, 3);
  return { predictions: predictions + gradients + 3 * half, gradients };
}

async function detect(context: RunContext<Options>): Promise<Evidence<PreprocessingData>> {
  const { options, test, random } = context;
  const { target: bare, domain } = imageTargetOf(context.target, 'preprocessing/feature-squeezing');
  const squeezers = [bitDepth(domain, options.bits), smoothing(domain, options.window, 'median')];
  const squeezed = { bare, squeezers };
  const [calibration, rest] = halves(test, random.fork('halves'));
  const scores = await scoresOf(context, squeezed, samplesAt(test, calibration));
  const threshold = thresholdOf(scores, options.falsePositiveRate);
  const defended = watched(squeezed, threshold, options);
  const { cleanFlagged, ...standings } = await evaluated(context, defended, samplesAt(test, rest));
  const { falsePositiveRate } = options;
  return {
    data: {
      defense: `Feature squeezing by ${options.bits} bits and a ${options.window} x ${options.window} median`,
      surrogates: ['the identity', 'the selected pixel', 'the mean of the window'],
      norm: options.norm,
      ...standings,
      detector: { threshold, falsePositiveRate, calibratedOn: scores.length, cleanFlagged },
    },
  };
}

/** Positions of the samples that the threshold is chosen on, and of the others: by a draw for each sample. */
function halves({ indices }: SampleSource, random: RandomStreams): [number[], number[]] {
  const drawn = indices.map((index) => random.of(index).uniform() < 0.5);
  const positions = (wanted: boolean): number[] => drawn.flatMap((isFirst, i) => (isFirst === wanted ? [i] : []));
  return [positions(true), positions(false)];
}

/** Of clean samples. @throws AssayError `data` where there is none */
async function scoresOf(
  context: RunContext<Options>,
  squeezed: Squeezed,
  source: SampleSource,
): Promise<readonly number[]> {
  const { length } = source.indices;
  if (length === 0) {
    throw new AssayError('data', {
      where: 'preprocessing/feature-squeezing',
      what: 'no sample was drawn to choose the threshold on',
      mend: 'Take more test samples.',
    });
  }
  const all: number[] = [];
  const size = chunkOf(source.shape);
  for (let start = 0; start < length; start += size) {
    const { arrays } = await context.step(`scores-${start}`, async () => {
      const { inputs, indices } = await source.range(start, Math.min(start + size, length));
      return {
        json: null,
        arrays: { scores: squeezingScores(await viewsOf(squeezed, inputs), indices.length).scores },
      };
    });
    all.push(...arrays.scores);
  }
  return all;
}
