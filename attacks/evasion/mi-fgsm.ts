import { Type, type Static } from '@sinclair/typebox';
import { row, rowsOf, takeRows, zeros, type Tensor } from '#base/tensor';
import { AssayError } from '#base/errors';
import { defineAttack } from '#plugin/define';
import type { RandomStreams } from '#stats/random';
import type { DifferentiableTarget, Samples } from '#target/target';
import { attackEvidence, climbCost } from './evidence/evidence.js';
import { boxOf } from './geometry/space.js';
import { ask, follow } from './search/ask.js';
import { ascending, BallOptions, EotOption, LossOption, requireCount, requireReach } from './search/options.js';
import type { AttackResult, EpsilonResult, OnProgress } from './search/result.js';
import { ascended, atOriginals, compacted, type Space, type Stride } from './search/walk.js';
import { WorstCase } from './search/worst-case.js';
import { evasion, WHITE_BOX, WHITE_BOX_TEXTS } from './verdict/family.js';

export const MiFgsmOptions = Type.Object(
  {
    ...BallOptions,
    steps: Type.Integer({ minimum: 1, default: 10, description: 'Gradient steps.' }),
    momentum: Type.Number({
      minimum: 0,
      default: 1,
      description: 'How much of the direction so far is kept at each step (mu in the paper); 0 keeps nothing.',
    }),
    relativeStepSize: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description: 'Length of a step as a share of epsilon. Default: 1 / steps.',
      }),
    ),
    loss: LossOption,
    eotDraws: Type.Optional(EotOption),
  },
  { additionalProperties: false },
);

export type MiFgsmOptions = Static<typeof MiFgsmOptions>;

/**
 * The momentum iterative fast gradient sign method (Dong et al. 2018, arXiv:1710.06081, algorithm 1): from the input itself,
 * m <- mu m + g / |g|_1 and a step of steepest ascent along m, x <- clip(project(x + a s(m))); s(m) is sign(m) in Linf.
 *
 * @param samples with their true labels
 * @throws AssayError `usage` for options that contradict each other
 */
export async function runMiFgsm(
  target: DifferentiableTarget,
  samples: Samples,
  options: MiFgsmOptions,
  _random?: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  checkMiFgsmOptions(options);
  const { norm, steps, momentum, loss } = options;
  const epsilons = ascending(options.epsilons);
  const box = boxOf(target);
  const results: EpsilonResult[] = [];
  let done = 0;

  const search = await WorstCase.begin(target, samples, { loss, draws: options.eotDraws ?? 1 });
  for (const epsilon of epsilons) {
    const space = { norm, epsilon, box };
    const stride = { size: relativeStepSize(options) * epsilon, aroundBounds: true };
    search.enter(epsilon);
    await roll(target, search, samples, space, { steps, momentum, stride }, () =>
      progress(++done, epsilons.length * steps),
    );
    results.push(search.leave(epsilon));
  }
  return { norm, epsilons: results };
}

interface Roll {
  readonly steps: number;
  readonly momentum: number;
  readonly stride: Stride;
}

/** Every iterate is judged, the last one by a forward pass. */
async function roll(
  target: DifferentiableTarget,
  search: WorstCase,
  samples: Samples,
  space: Space,
  { steps, momentum, stride }: Roll,
  onStep: () => void,
): Promise<void> {
  let walk = atOriginals(samples.inputs, search.attacked, space);
  let direction = zeros(walk.inputs.shape);
  search.beginRestart();
  for (let step = 0; step < steps; step++, onStep()) {
    if (walk.positions.length === 0) continue;
    const { gradient } = await follow(target, search, walk, search.lossOf(walk));
    accumulate(direction, momentum, gradient);
    const { walk: left, rows } = compacted(walk, (position) => !search.isBroken(position));
    const next = ascended(left, direction, rows, space, stride);
    if (left !== walk) direction = takeRows(direction, rows);
    walk = next;
  }
  if (walk.positions.length > 0) await ask(target, search, walk);
}

/** m <- mu m + g / |g|_1, each row by itself; a gradient that is no direction adds nothing. */
function accumulate(direction: Tensor, momentum: number, gradient: Tensor): void {
  for (let i = 0; i < rowsOf(direction); i++) {
    const into = row(direction, i);
    const slopes = row(gradient, i);
    let size = 0;
    for (let k = 0; k < slopes.length; k++) size += Math.abs(slopes[k] ?? NaN);
    const scale = size > 0 && Number.isFinite(size) ? 1 / size : 0;
    for (let k = 0; k < into.length; k++) {
      into[k] = momentum * (into[k] ?? NaN) + (scale === 0 ? 0 : scale * (slopes[k] ?? NaN));
    }
  }
}

/** As the authors have it: the steps add up to epsilon. */
function relativeStepSize({ relativeStepSize: size, steps }: MiFgsmOptions): number {
  return size ?? 1 / steps;
}

function checkMiFgsmOptions(options: MiFgsmOptions): void {
  const { epsilons, steps, momentum } = options;
  ascending(epsilons);
  requireCount('steps', steps);
  requireReach(steps, relativeStepSize(options));
  if (momentum >= 0 && Number.isFinite(momentum)) return;
  throw new AssayError('usage', { what: `\`momentum\` is ${momentum}`, mend: 'It is a finite number of at least 0.' });
}

export const miFgsm = defineAttack({
  ...evasion,
  ...WHITE_BOX,
  id: 'evasion/mi-fgsm',
  title: 'Withstands the momentum iterative fast gradient sign method',
  failureTitle: 'Falls to the momentum iterative fast gradient sign method',
  description:
    'Moves each input in small steps along a direction that gathers the gradients of all steps so far. The examples that it ' +
    'finds mislead other models more often than those of attacks without momentum.',
  sources: ['Dong et al. 2018, Boosting Adversarial Attacks with Momentum, arXiv:1710.06081'],
  severity: 'high',
  texts: {
    'zh-CN': {
      ...WHITE_BOX_TEXTS['zh-CN'],
      title: '经受住动量迭代快速梯度符号法（MI-FGSM）攻击',
      failureTitle: '未能经受住动量迭代快速梯度符号法（MI-FGSM）攻击',
      description:
        '沿一个累积了此前各步梯度的方向，以小步移动每个输入。与不带动量的攻击相比，它找到的样本更容易误导其他模型。',
    },
    de: {
      ...WHITE_BOX_TEXTS.de,
      title: 'Hält der Momentum Iterative Fast Gradient Sign Method (MI-FGSM) stand',
      failureTitle: 'Unterliegt der Momentum Iterative Fast Gradient Sign Method (MI-FGSM)',
      description:
        'Verschiebt jede Eingabe in kleinen Schritten entlang einer Richtung, in der sich die Gradienten aller bisherigen ' +
        'Schritte sammeln. Was sie findet, täuscht andere Modelle öfter als die Funde von Angriffen ohne Momentum.',
    },
  },
  options: MiFgsmOptions,
  checkOptions: checkMiFgsmOptions,
  cost: (samples, options) => climbCost(samples, options),
  run: (context) =>
    attackEvidence(
      {
        name: 'MI-FGSM',
        uses: 'gradients',
        run: runMiFgsm,
        stronger: { steps: (options) => ({ ...options, steps: 2 * options.steps }) },
      },
      context,
    ),
});
