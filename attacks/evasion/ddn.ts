import { Type, type Static } from '@sinclair/typebox';
import { row } from '#base/tensor';
import { defineAttack } from '#plugin/define';
import type { RandomStreams } from '#stats/random';
import type { DifferentiableTarget, Samples } from '#target/target';
import { attackEvidence, evasionCost } from './evidence/evidence.js';
import { boxOf } from './geometry/space.js';
import { ask, follow } from './search/ask.js';
import { ClosestFound } from './search/closest.js';
import {
  cosine,
  EuclideanNorm,
  freedomIn,
  iteratesOf,
  landAt,
  requireShare,
  stepFrom,
  unitOf,
} from './search/minimum-norm.js';
import { ascending, CommonOptions, EotOption, requireCount } from './search/options.js';
import type { AttackResult, OnProgress } from './search/result.js';
import { evasion, WHITE_BOX, WHITE_BOX_TEXTS } from './verdict/family.js';

export const DdnOptions = Type.Object(
  {
    norm: EuclideanNorm,
    ...CommonOptions,
    steps: Type.Integer({ minimum: 1, default: 300, description: 'Gradient steps of each sample.' }),
    gamma: Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.05,
      description: 'By which share the radius shrinks after a wrong iterate, and grows after a right one.',
    }),
    eotDraws: Type.Optional(EotOption),
  },
  { additionalProperties: false },
);

export type DdnOptions = Static<typeof DdnOptions>;

/** Of the steps along the gradient, and of the first radius: as shares of the range. */
const LONGEST_STEP = 1;
const SHORTEST_STEP = 0.01;
const FIRST_RADIUS = 1;

/**
 * Decoupled direction and norm (Rony et al. 2019, arXiv:1811.09600, algorithm 1): each step adds the gradient of the
 * cross-entropy, at unit length times a rate that falls from 1 to 0.01 by a cosine, and sets the change to the length of a
 * radius that shrinks by gamma where the iterate was wrong and grows by gamma where it was right.
 *
 * Lengths are shares of the range of the data, as those of the authors are for images in [0, 1]; the range is the widest of
 * all values where they differ. As in the authors' code the next step goes on from what radius and range left of the
 * change. Theirs rounds iterates to 256 levels, which is left out; draws a direction where the gradient is zero, where the
 * change here only gets another length; and does not judge the last iterate, which is judged here.
 *
 * @throws AssayError `usage` for options out of their range
 */
export async function runDdn(
  target: DifferentiableTarget,
  samples: Samples,
  options: DdnOptions,
  _random?: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  checkDdnOptions(options);
  const { steps, gamma } = options;
  const box = boxOf(target);
  const unit = unitOf(box);
  const book = await ClosestFound.begin(target, samples, 'L2', options.eotDraws);
  const iterates = iteratesOf(book, samples.inputs);
  const { positions, inputs } = iterates;
  const radii = new Float64Array(positions.length).fill(FIRST_RADIUS * unit);
  const freedom = freedomIn(box);
  const change = new Float64Array(freedom.length);
  const labels = book.labelsOf(iterates).values;

  for (let step = 0; step < steps && positions.length > 0; step++) {
    const rate = unit * cosine(LONGEST_STEP, SHORTEST_STEP, step, steps);
    const { scores, gradient } = await follow(target, book, iterates, { kind: 'cross-entropy', labels });
    positions.forEach((position, i) => {
      const wasWrong = book.isWrong(position, row(scores, i));
      const radius = (radii[i] ?? NaN) * (wasWrong ? 1 - gamma : 1 + gamma);
      radii[i] = radius;
      const [center, point] = [row(samples.inputs, position), row(inputs, i)];
      stepFrom(center, point, row(gradient, i), rate, freedom, change);
      setLength(change, radius);
      landAt(center, change, box, point);
    });
    progress(step + 1, steps);
  }
  if (positions.length > 0) await ask(target, book, iterates);
  return book.result(ascending(options.epsilons));
}

/** Sets a change to a length; one that is zero has no direction, and stays. */
function setLength(change: Float64Array, length: number): void {
  let squares = 0;
  for (let i = 0; i < change.length; i++) squares += (change[i] ?? NaN) ** 2;
  if (squares === 0) return;
  const factor = length / Math.sqrt(squares);
  for (let i = 0; i < change.length; i++) change[i] = factor * (change[i] ?? NaN);
}

function checkDdnOptions({ epsilons, steps, gamma }: DdnOptions): void {
  ascending(epsilons);
  requireCount('steps', steps);
  requireShare('gamma', gamma);
}

export const ddn = defineAttack({
  ...evasion,
  ...WHITE_BOX,
  id: 'evasion/ddn',
  title: 'Withstands decoupled direction and norm (DDN)',
  failureTitle: 'Falls to decoupled direction and norm (DDN)',
  description:
    'Looks for the smallest change in L2 that makes the model wrong: steps along the gradient choose the direction, and the ' +
    'length shrinks after each wrong iterate and grows after each right one. One run gives the whole security curve.',
  sources: [
    'Rony et al. 2019, Decoupling Direction and Norm for Efficient Gradient-Based L2 Adversarial Attacks and Defenses, arXiv:1811.09600',
  ],
  severity: 'high',
  texts: {
    'zh-CN': {
      ...WHITE_BOX_TEXTS['zh-CN'],
      title: '经受住方向与范数解耦（DDN）攻击',
      failureTitle: '未能经受住方向与范数解耦（DDN）攻击',
      description:
        '寻找使模型判断错误的最小 L2 改动：沿梯度前进以确定方向，每遇到一个出错的迭代点就缩短改动的长度，' +
        '每遇到一个正确的迭代点就加长。一次运行即可得到完整的安全曲线。',
    },
    de: {
      ...WHITE_BOX_TEXTS.de,
      title: 'Hält der Entkopplung von Richtung und Norm (DDN) stand',
      failureTitle: 'Unterliegt der Entkopplung von Richtung und Norm (DDN)',
      description:
        'Sucht die kleinste Änderung in L2, bei der das Modell falsch liegt: Schritte entlang des Gradienten bestimmen die ' +
        'Richtung, und die Länge schrumpft nach jedem falschen und wächst nach jedem richtigen Zwischenpunkt. Ein Lauf ' +
        'ergibt die ganze Sicherheitskurve.',
    },
  },
  options: DdnOptions,
  checkOptions: checkDdnOptions,
  cost: (samples, { epsilons, trust, eotDraws, steps }) =>
    evasionCost({ samples, epsilons, trust, eotDraws, minimumNorm: true }, 'gradients', {
      predictions: 1,
      gradients: steps,
    }),
  run: (context) =>
    attackEvidence(
      {
        ...{ name: 'DDN', uses: 'gradients', minimumNorm: true, run: runDdn },
        stronger: { steps: (options) => ({ ...options, steps: 2 * options.steps }) },
      },
      context,
    ),
});
