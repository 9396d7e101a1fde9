import { Type, type Static } from '@sinclair/typebox';
import { defineAttack } from '#plugin/define';
import type { RandomStreams } from '#stats/random';
import { labelRow, scoreWidth, type Head } from '#target/head';
import type { DifferentiableTarget, Samples } from '#target/target';
import { attackEvidence, evasionCost } from './evidence/evidence.js';
import { approach, atOriginals, atRandomPoints, groundOf } from './fab/approach.js';
import { nearestBoundaries, type Lookout } from './fab/boundaries.js';
import { approachOf, checkSharedFabOptions, SharedFabOptions, strongerFab, type Within } from './fab/options.js';
import { boxOf } from './geometry/space.js';
import { ClosestFound } from './search/closest.js';
import { ascending } from './search/options.js';
import type { AttackResult, OnProgress } from './search/result.js';
import { evasion, WHITE_BOX, WHITE_BOX_TEXTS } from './verdict/family.js';

export const FabOptions = Type.Object(SharedFabOptions, { additionalProperties: false });

export type FabOptions = Static<typeof FabOptions>;

/**
 * The Fast Adaptive Boundary attack (Croce & Hein 2020, arXiv:1907.02044): the closest wrong input of each sample. At each
 * step the nearest boundary, by |z_k - z_y| over the dual norm of its gradient, is taken for the hyperplane that it looks
 * like; the point and the original are projected onto it within the domain, and the next point lies a little beyond, between
 * the two. A point that is wrong is kept where it is the closest so far, and the walk goes back to x0 + beta (x - x0).
 *
 * Heads other than classes have boundaries of their own: a score that is zero, or an error that reaches the tolerance.
 *
 * Where it differs from the authors' code: gradients however small count (there, those below 1e-8 are taken for zero in L2
 * and L1); points after a way back are judged, too; later walks begin no farther than half of the distance that was found
 * (as in the paper), half of the largest epsilon at most; and each sample stops, draws and is projected by
 * itself (design rule 6).
 *
 * @param samples with their true labels
 * @param random one stream a restart and sample
 * @throws AssayError `usage` for options beyond their bounds
 */
export async function runFab(
  target: DifferentiableTarget,
  samples: Samples,
  options: FabOptions & Within,
  random: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  checkSharedFabOptions(options);
  const { norm, steps, restarts } = options;
  const epsilons = ascending(options.epsilons);
  const box = boxOf(target);
  const ground = groundOf(samples, box);
  const gait = approachOf(options);
  let done = 0;

  const search = await ClosestFound.begin(target, samples, norm);
  const lookout: Lookout = {
    norm,
    immutable: box.immutable,
    candidatesOf: (position) => candidates(target.head, labelRow(samples.labels, position)),
  };
  for (let restart = 0; restart < restarts; restart++) {
    const start =
      restart === 0
        ? atOriginals(ground, search, gait.stopAt)
        : atRandomPoints(ground, search, gait, Math.max(...epsilons), random.fork(restart));
    await approach(
      target,
      search,
      ground,
      start,
      gait,
      (rows) => nearestBoundaries(target, search, rows, lookout),
      () => progress(++done, restarts * steps),
    );
  }
  return search.result(epsilons);
}

/** Every score whose boundary an input can cross. */
function candidates(head: Head, label: Float64Array): readonly number[] {
  const all = Array.from({ length: scoreWidth(head) }, (_, k) => k);
  return head.kind === 'classes' ? all.filter((k) => k !== label[0]) : all;
}

/** A plan does not know how many scores there are; each is a gradient at each step. */
const USUAL_CLASSES = 10;

export const fab = defineAttack({
  ...evasion,
  ...WHITE_BOX,
  id: 'evasion/fab',
  title: 'Withstands the Fast Adaptive Boundary attack (FAB)',
  failureTitle: 'Falls to the Fast Adaptive Boundary attack (FAB)',
  description:
    'Looks for the smallest change that makes the model wrong: walks along the nearest decision boundary, close to the input, ' +
    'by exact projections within the domain. It needs the gradients of all classes at each step; its cost is stated for ten. ' +
    'One run gives the whole security curve.',
  sources: [
    'Croce & Hein 2020, Minimally Distorted Adversarial Examples with a Fast Adaptive Boundary Attack, arXiv:1907.02044',
  ],
  severity: 'high',
  texts: {
    'zh-CN': {
      ...WHITE_BOX_TEXTS['zh-CN'],
      title: '经受住快速自适应边界（FAB）攻击',
      failureTitle: '未能经受住快速自适应边界（FAB）攻击',
      description:
        '寻找使模型判断错误的最小改动：通过定义域内的精确投影，在输入附近沿最近的决策边界前进。' +
        '每一步都需要所有类别的梯度；所列代价按十个类别计算。一次运行即可得到完整的安全曲线。',
    },
    de: {
      ...WHITE_BOX_TEXTS.de,
      title: 'Hält dem Fast-Adaptive-Boundary-Angriff (FAB) stand',
      failureTitle: 'Unterliegt dem Fast-Adaptive-Boundary-Angriff (FAB)',
      description:
        'Sucht die kleinste Änderung, bei der das Modell falsch liegt: läuft mit exakten Projektionen innerhalb des ' +
        'Wertebereichs nahe der Eingabe an der nächsten Entscheidungsgrenze entlang. Dafür braucht er bei jedem Schritt die ' +
        'Gradienten aller Klassen; die Kosten sind für zehn angegeben. Ein Lauf ergibt die ganze Sicherheitskurve.',
    },
  },
  options: FabOptions,
  checkOptions: checkSharedFabOptions,
  cost: (samples, { epsilons, trust, steps, restarts }) =>
    evasionCost({ samples, epsilons, trust, minimumNorm: true }, 'gradients', {
      predictions: restarts * steps,
      gradients: restarts * steps * USUAL_CLASSES,
    }),
  run: (context) =>
    attackEvidence({ name: 'FAB', uses: 'gradients', minimumNorm: true, stronger: strongerFab, run: runFab }, context),
});
