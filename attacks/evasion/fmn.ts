import { Type, type Static } from '@sinclair/typebox';
import { row } from '#base/tensor';
import { defineAttack } from '#plugin/define';
import type { RandomStreams } from '#stats/random';
import { labelRow, margin } from '#target/head';
import type { DifferentiableTarget, Samples } from '#target/target';
import { attackEvidence, evasionCost } from './evidence/evidence.js';
import { projectionIn } from './fmn/projection.js';
import { dualNorm, firstRadius, largestChange, nextRadius } from './fmn/radius.js';
import { normsOf, sizeIn, type Norm } from './geometry/norms.js';
import { boxOf } from './geometry/space.js';
import { ask, follow } from './search/ask.js';
import { ClosestFound } from './search/closest.js';
import {
  cosine,
  freedomIn,
  iteratesOf,
  landAt,
  requirePositive,
  requireShare,
  stepFrom,
  unitOf,
} from './search/minimum-norm.js';
import { ascending, CommonOptions, EotOption, requireCount } from './search/options.js';
import type { AttackResult, OnProgress } from './search/result.js';
import { evasion, WHITE_BOX, WHITE_BOX_TEXTS } from './verdict/family.js';

export const FmnOptions = Type.Object(
  {
    norm: Type.Unsafe<Norm>({
      type: 'string',
      enum: ['Linf', 'L2', 'L1', 'L0'],
      default: 'Linf',
      description:
        'How the size of a change is measured: its largest value, its Euclidean length, the sum of its sizes, or how many ' +
        'values it changes.',
    }),
    ...CommonOptions,
    steps: Type.Integer({ minimum: 1, default: 300, description: 'Gradient steps of each sample.' }),
    stepSize: Type.Number({
      exclusiveMinimum: 0,
      default: 1,
      description:
        'Euclidean length of the first step, as a share of the range of the data. It falls to a hundredth by a cosine.',
    }),
    gamma: Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.05,
      description: 'By which share the radius shrinks or grows at first. It falls to 0.001 by a cosine.',
    }),
    eotDraws: Type.Optional(EotOption),
  },
  { additionalProperties: false },
);

export type FmnOptions = Static<typeof FmnOptions>;

/** What steps and gamma fall to. */
const LAST_STEP = 0.01;
const LAST_GAMMA = 0.001;

/**
 * Fast minimum-norm attack (Pintor et al. 2021, arXiv:2102.12827, algorithm 1): steps along the gradient of the margin,
 * normalized in L2 whatever the norm, each projected onto a ball whose radius follows the boundary, and then clipped to the
 * domain.
 *
 * It begins at the input; the paper's start from another adversarial input is left out. Step lengths are shares of the range
 * of the data, as those of the authors are for images in [0, 1]; the range is the widest of all values where they differ.
 * The last iterate is judged too, which their code does not do. L0 counts values, not pixels.
 *
 * @throws AssayError `usage` for options out of their range
 */
export async function runFmn(
  target: DifferentiableTarget,
  samples: Samples,
  options: FmnOptions,
  _random?: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  checkFmnOptions(options);
  const { norm, steps, stepSize } = options;
  const box = boxOf(target);
  const unit = unitOf(box);
  const freedom = freedomIn(box);
  const change = new Float64Array(freedom.length);
  const project = projectionIn(norm, freedom.length);
  const book = await ClosestFound.begin(target, samples, norm, options.eotDraws);
  const iterates = iteratesOf(book, samples.inputs);
  const { positions, inputs } = iterates;
  const labels = book.labelsOf(iterates).values;
  const most = positions.map((position) => largestChange(norm, row(samples.inputs, position), box));
  const radii = positions.map(() => firstRadius(norm));

  for (let step = 0; step < steps && positions.length > 0; step++) {
    const rate = unit * cosine(stepSize, LAST_STEP * stepSize, step, steps);
    const gamma = cosine(options.gamma, LAST_GAMMA, step, steps);
    const { scores, gradient } = await follow(target, book, iterates, { kind: 'margin', labels });
    positions.forEach((position, i) => {
      const [center, point, slopes] = [row(samples.inputs, position), row(inputs, i), row(gradient, i)];
      const radius = nextRadius(norm, radii[i] ?? NaN, {
        isWrong: book.isWrong(position, row(scores, i)),
        size: sizeIn(norm, normsOf(center, point)),
        margin: margin(target.head, row(scores, i), labelRow(samples.labels, position)),
        slope: dualNorm(norm, slopes, freedom),
        best: book.distanceOf(position),
        gamma,
        most: most[i] ?? NaN,
      });
      radii[i] = radius;
      stepFrom(center, point, slopes, rate, freedom, change);
      project(change, radius);
      landAt(center, change, box, point);
    });
    progress(step + 1, steps);
  }
  if (positions.length > 0) await ask(target, book, iterates);
  return book.result(ascending(options.epsilons));
}

function checkFmnOptions({ epsilons, steps, stepSize, gamma }: FmnOptions): void {
  ascending(epsilons);
  requireCount('steps', steps);
  requirePositive('stepSize', stepSize);
  requireShare('gamma', gamma);
}

export const fmn = defineAttack({
  ...evasion,
  ...WHITE_BOX,
  id: 'evasion/fmn',
  title: 'Withstands the fast minimum-norm attack (FMN)',
  failureTitle: 'Falls to the fast minimum-norm attack (FMN)',
  description:
    'Looks for the smallest change that makes the model wrong, in any of four norms: steps along the gradient of the margin, ' +
    'each projected to a radius that follows the decision boundary. One run gives the whole security curve.',
  sources: [
    'Pintor et al. 2021, Fast Minimum-norm Adversarial Attacks through Adaptive Norm Constraints, arXiv:2102.12827',
  ],
  severity: 'high',
  texts: {
    'zh-CN': {
      ...WHITE_BOX_TEXTS['zh-CN'],
      title: '经受住快速最小范数（FMN）攻击',
      failureTitle: '未能经受住快速最小范数（FMN）攻击',
      description:
        '在四种范数的任意一种下，寻找使模型判断错误的最小改动：沿间隔的梯度逐步前进，' +
        '每一步都投影到一个随决策边界调整的半径之内。一次运行即可得到完整的安全曲线。',
    },
    de: {
      ...WHITE_BOX_TEXTS.de,
      title: 'Hält dem Fast-Minimum-Norm-Angriff (FMN) stand',
      failureTitle: 'Unterliegt dem Fast-Minimum-Norm-Angriff (FMN)',
      description:
        'Sucht in einer von vier Normen die kleinste Änderung, bei der das Modell falsch liegt: Schritte entlang des ' +
        'Gradienten des Abstands zur Grenze, jeweils auf einen Radius projiziert, der der Entscheidungsgrenze folgt. Ein ' +
        'Lauf ergibt die ganze Sicherheitskurve.',
    },
  },
  options: FmnOptions,
  checkOptions: checkFmnOptions,
  cost: (samples, { epsilons, trust, eotDraws, steps }) =>
    evasionCost({ samples, epsilons, trust, eotDraws, minimumNorm: true }, 'gradients', {
      predictions: 1,
      gradients: steps,
    }),
  run: (context) =>
    attackEvidence(
      {
        ...{ name: 'FMN', uses: 'gradients', minimumNorm: true, run: runFmn },
        stronger: { steps: (options) => ({ ...options, steps: 2 * options.steps }) },
      },
      context,
    ),
});
