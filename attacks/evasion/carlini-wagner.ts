import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { row, rowRange, rowsOf, type Tensor } from '#base/tensor';
import { defineAttack } from '#plugin/define';
import type { RandomStreams } from '#stats/random';
import { labelRow, margin, type Head } from '#target/head';
import type { DifferentiableTarget, Samples } from '#target/target';
import { ConstantSearch } from './carlini-wagner/search.js';
import { tanhSpace } from './carlini-wagner/tanh-space.js';
import { attackEvidence, evasionCost } from './evidence/evidence.js';
import { boxOf } from './geometry/space.js';
import { follow } from './search/ask.js';
import { ClosestFound } from './search/closest.js';
import { EuclideanNorm, iteratesOf, requirePositive, type Iterates } from './search/minimum-norm.js';
import { ascending, CommonOptions, EotOption, requireCount } from './search/options.js';
import type { AttackResult, OnProgress } from './search/result.js';
import { evasion, WHITE_BOX, WHITE_BOX_TEXTS } from './verdict/family.js';

export const CarliniWagnerOptions = Type.Object(
  {
    norm: EuclideanNorm,
    ...CommonOptions,
    searchSteps: Type.Integer({
      minimum: 1,
      default: 9,
      description: 'Constants tried for each sample, by binary search.',
    }),
    steps: Type.Integer({ minimum: 1, default: 10000, description: 'Steps of Adam for each constant, at most.' }),
    learningRate: Type.Number({
      exclusiveMinimum: 0,
      default: 0.01,
      description: 'Of Adam, in the space of tanh.',
    }),
    firstConstant: Type.Number({
      exclusiveMinimum: 0,
      default: 0.001,
      description: 'The weight of the margin beside the squared distance that the search begins with.',
    }),
    confidence: Type.Number({
      minimum: 0,
      default: 0,
      description:
        'Kappa: how far beyond the boundary the search for the constant wants its inputs, in units of the margin.',
    }),
    eotDraws: Type.Optional(EotOption),
    earlyStop: Type.Boolean({
      default: true,
      description:
        'Whether a constant is given up when a tenth of its steps brought the loss down by less than 0.01 %.',
    }),
  },
  { additionalProperties: false },
);

export type CarliniWagnerOptions = Static<typeof CarliniWagnerOptions>;

/**
 * Carlini & Wagner's L2 attack (2017, arXiv:1608.04644, section VI.A, and the authors' code): Adam in the space of tanh on
 * |x' - x|^2 + c max(0, margin + kappa), for constants c that a binary search chooses.
 *
 * As in their code: distances in the loss are to the input as tanh gives it back, slightly inside of the range, so values at
 * its very ends can move; Adam begins anew for each constant; from 10 search steps on the last repeats the least constant that
 * succeeded. Here each sample has constants, early stops and Adam's steps of its own, where theirs sums the loss over the
 * batch. Lengths in the loss are shares of the range of the data, the widest where ranges differ. What is reported is the
 * closest iterate that is wrong, whatever kappa is, by its distance to the input itself. Adam is that of its paper.
 *
 * @throws AssayError `usage` for options out of their range, `model` where scores are probabilities: their margin saturates
 */
export async function runCarliniWagner(
  target: DifferentiableTarget,
  samples: Samples,
  options: CarliniWagnerOptions,
  _random?: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  checkCarliniWagnerOptions(options);
  const book = await ClosestFound.begin(target, samples, 'L2', options.eotDraws);
  const space = tanhSpace(boxOf(target));
  const whole = iteratesOf(book, samples.inputs);
  const searches = whole.positions.map((position, i) => {
    const point = space.pointAt(row(samples.inputs, position));
    const search = new ConstantSearch(point, options);
    point.write(row(whole.inputs, i));
    return search;
  });
  const total = searches.length * options.searchSteps;

  let passes = 0;
  let looksNormalized = true;
  let left = whole;
  let going = searches;
  while (going.length > 0) {
    const { labels, at } = { labels: book.labelsOf(left).values, at: left };
    const { scores, gradient } = await follow(target, book, at, { kind: 'margin', labels });
    if (passes < PASSES_CHECKED) {
      looksNormalized &&= areProbabilities(target.head, scores);
      if (++passes === PASSES_CHECKED && looksNormalized) throw probabilitiesGiven();
    }
    going.forEach((search, i) => {
      const own = margin(target.head, row(scores, i), labelRow(samples.labels, at.positions[i] ?? -1));
      search.advance(own, row(gradient, i), row(at.inputs, i));
    });
    left = closedUp(left, (i) => going[i]?.isDone === false);
    going = going.filter((search) => !search.isDone);
    progress(
      searches.reduce((sum, { searchStep }) => sum + searchStep, 0),
      total,
    );
  }
  return book.result(ascending(options.epsilons));
}

/** The rows that stay, moved together in place; the same rows where all stay. */
function closedUp(iterates: Iterates, stays: (i: number) => boolean): Iterates {
  const rows = iterates.positions.flatMap((_, i) => (stays(i) ? [i] : []));
  if (rows.length === iterates.positions.length) return iterates;
  rows.forEach((from, to) => row(iterates.inputs, to).set(row(iterates.inputs, from)));
  const positions = rows.map((i) => iterates.positions[i] ?? -1);
  return { positions, inputs: rowRange(iterates.inputs, 0, rows.length) };
}

/** Probabilities add up to one at every iterate; logits of a few samples may do so at one of them, by chance. */
const PASSES_CHECKED = 10;

function areProbabilities(head: Head, scores: Tensor): boolean {
  if (head.kind !== 'classes') return false;
  for (let i = 0; i < rowsOf(scores); i++) {
    const own = row(scores, i);
    const sum = own.reduce((total, score) => total + score, 0);
    if (own.some((score) => score < -1e-5 || score > 1 + 1e-5) || Math.abs(sum - 1) > 1e-5) return false;
  }
  return true;
}

/** Probabilities saturate: where the model is sure their gradient is zero, and robustness is only pretended. */
function probabilitiesGiven(): AssayError {
  return new AssayError('model', {
    what: 'the scores of all samples are between 0 and 1 and add up to 1: they are probabilities, and not logits',
    mend: 'Declare the outputs as probabilities, or export the model without its last softmax.',
  });
}

function checkCarliniWagnerOptions(options: CarliniWagnerOptions): void {
  const { epsilons, searchSteps, steps, learningRate, firstConstant, confidence } = options;
  ascending(epsilons);
  requireCount('searchSteps', searchSteps);
  requireCount('steps', steps);
  requirePositive('learningRate', learningRate);
  requirePositive('firstConstant', firstConstant);
  if (confidence >= 0 && Number.isFinite(confidence)) return;
  throw new AssayError('usage', {
    what: `\`confidence\` is ${confidence}`,
    mend: 'It is a finite number of at least 0.',
  });
}

export const carliniWagner = defineAttack({
  ...evasion,
  ...WHITE_BOX,
  id: 'evasion/carlini-wagner',
  title: 'Withstands the L2 attack of Carlini and Wagner',
  failureTitle: 'Falls to the L2 attack of Carlini and Wagner',
  description:
    'Looks for the smallest change in L2 that makes the model wrong, by an optimizer that weighs the size of the change ' +
    'against the margin; a binary search chooses the weight for each input. Slow and thorough: one run gives the whole ' +
    'security curve.',
  sources: ['Carlini & Wagner 2017, Towards Evaluating the Robustness of Neural Networks, arXiv:1608.04644'],
  severity: 'high',
  texts: {
    'zh-CN': {
      ...WHITE_BOX_TEXTS['zh-CN'],
      title: '经受住 Carlini 与 Wagner 的 L2 攻击',
      failureTitle: '未能经受住 Carlini 与 Wagner 的 L2 攻击',
      description:
        '寻找使模型判断错误的最小 L2 改动：优化器在改动的大小与间隔之间权衡，权重由二分搜索为每个输入单独选定。' +
        '速度慢但彻底：一次运行即可得到完整的安全曲线。',
    },
    de: {
      ...WHITE_BOX_TEXTS.de,
      title: 'Hält dem L2-Angriff von Carlini und Wagner stand',
      failureTitle: 'Unterliegt dem L2-Angriff von Carlini und Wagner',
      description:
        'Sucht die kleinste Änderung in L2, bei der das Modell falsch liegt, mit einem Optimierer, der die Größe der Änderung ' +
        'gegen den Abstand zur Grenze abwägt; eine binäre Suche wählt das Gewicht für jede Eingabe. Langsam und gründlich: ' +
        'Ein Lauf ergibt die ganze Sicherheitskurve.',
    },
  },
  options: CarliniWagnerOptions,
  checkOptions: checkCarliniWagnerOptions,
  cost: (samples, { epsilons, trust, eotDraws, searchSteps, steps }) =>
    evasionCost({ samples, epsilons, trust, eotDraws, minimumNorm: true }, 'gradients', {
      predictions: 0,
      gradients: searchSteps * steps,
    }),
  run: (context) =>
    attackEvidence(
      {
        ...{ name: 'Carlini & Wagner', uses: 'gradients', minimumNorm: true, run: runCarliniWagner },
        stronger: { steps: (options) => ({ ...options, steps: 2 * options.steps }) },
      },
      context,
    ),
});
