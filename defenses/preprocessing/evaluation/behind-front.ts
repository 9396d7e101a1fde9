import { AssayError } from '#base/errors';
import type { Cost, Evidence, RunContext, TargetFacts } from '#plugin/plugin';
import type { ImageDomain } from '#target/domain';
import { isDifferentiable, type DifferentiableTarget, type Target } from '#target/target';
import { behind, type Front } from '../filters/front.js';
import { searched, type AdversaryOptions } from './adversary.js';
import type { PreprocessingData } from './data.js';
import { epsilonsOf, evaluated, rightOf, type Defended } from './evaluate.js';

/** What an evaluation needs, with its kind known. */
export interface ImageTarget {
  readonly target: DifferentiableTarget;
  readonly domain: ImageDomain;
}

/** @throws AssayError `plugin` for a target without gradients, and for other inputs than images */
export function imageTargetOf(target: Target | null, where: string): ImageTarget {
  if (target !== null && isDifferentiable(target) && target.domain.kind === 'image') {
    return { target, domain: target.domain };
  }
  throw new AssayError('plugin', { where, what: 'needs a target with gradients that takes images' });
}

/** Measures a model with a preprocessor in front of it. */
export async function measuredBehind(
  context: RunContext<AdversaryOptions>,
  target: DifferentiableTarget,
  front: Front,
): Promise<Evidence<PreprocessingData>> {
  const { options, test } = context;
  const { cleanFlagged: _, ...standings } = await evaluated(context, inFront(front, target, options), test);
  const surrogates = front.surrogates.map(({ name }) => name);
  return { data: { defense: front.name, surrogates, norm: options.norm, ...standings, detector: null } };
}

function inFront(front: Front, bare: DifferentiableTarget, options: AdversaryOptions): Defended {
  const ways = behind(front, bare);
  const [defended = bare] = ways;
  return {
    bare,
    answers: async (inputs, labels) => {
      const right = await rightOf(defended, inputs, labels);
      return { right, flagged: new Uint8Array(right.length) };
    },
    attacked: (samples, epsilon, random) => searched(ways, samples, epsilon, options, random),
  };
}

/**
 * Rows through the model: a search without the defense and one with it at each epsilon, and the clean and replayed inputs.
 *
 * @param ways back through the defense that are tried
 * @param views of an input that the defended model looks at
 */
export function evaluationCost(samples: number, options: AdversaryOptions, ways: number, views: number): Cost {
  const { steps, restarts, queries } = options;
  const epsilons = epsilonsOf(options).length;
  const walks = 2 * restarts + 4;
  const asked = 2 * walks + queries;
  return {
    predictions: samples * (1 + views + epsilons * (asked + views + ways * 2 * walks * views + queries * views)),
    gradients: samples * epsilons * walks * steps * (1 + ways * views),
  };
}

/** Null for images of a head that has a margin, otherwise why the defense does not fit. */
export function fitsImages({ domain, head }: TargetFacts): string | null {
  if (domain.kind !== 'image') return 'it changes pixels, and the inputs are no images';
  return head.kind === 'ranking' || head.kind === 'sequence' ? `the head \`${head.kind}\` has no margin yet` : null;
}
