import { counted } from '#base/format';
import { countBits } from '../evidence/data.js';
import { beyond, either, exceeds, LIMITS, share, undecided, type Rule } from './reading.js';
import { list, rightOf, type Seen } from './rules.js';

/** What a target is called whose gradients do not lead where they should. Each names a cause, not a symptom. */
export const DIAGNOSES: readonly Rule<Seen>[] = [
  {
    id: 'randomized-target',
    title: 'Randomized target',
    read: (seen) => {
      const differing = countBits(seen.trust.repeats.differing);
      const random = seen.trust.structure?.random ?? [];
      if (differing === 0) return { holds: true, sentence: 'Equal inputs get equal answers.' };
      const nodes = random.length === 0 ? '' : ` (${list(random)})`;
      return {
        holds: (seen.data.eotDraws ?? 1) > 1,
        sentence: `The target draws random numbers while it answers${nodes}: an attack has to average over them.`,
      };
    },
  },
  {
    id: 'batch-dependent',
    title: 'Answers depend on the rest of the batch',
    read: (seen) => {
      const apart = countBits(seen.trust.repeats.dependsOnBatch);
      return {
        holds: apart === 0,
        sentence:
          apart === 0
            ? 'A sample gets the same answer alone and among others.'
            : `${counted(apart, 'sample gets', 'samples get')} another answer alone than among others: a normalization by the batch lets labels leak between samples.`,
      };
    },
  },
  {
    id: 'quantized-input',
    title: 'Quantized input (gradient shattering)',
    read: (seen) => {
      const constant = countBits(seen.trust.landscape.constant);
      if (!exceeds(constant, rightOf(seen), 0.5))
        return {
          holds: true,
          sentence: `Scores answer to changes of a ten-thousandth of the range on all but ${share(constant, rightOf(seen))}.`,
        };
      const zero = countBits(seen.trust.gradients?.zeroMargin ?? '');
      const affected = seen.data.uses === 'gradients' && zero > 0;
      return {
        holds: !affected,
        sentence: `Scores of ${share(constant, rightOf(seen))} do not change at all within a ten-thousandth of the range, and do farther off: something in front quantizes its input. ${affected ? 'Declare it as a preprocessor, and the attack goes around it.' : 'The attack goes around it.'}`,
      };
    },
  },
  {
    id: 'blocked-gradients',
    title: 'Steps without a derivative',
    read: (seen) => {
      const blocked = seen.trust.structure?.blocked ?? [];
      if (blocked.length === 0)
        return { holds: true, sentence: 'No step between input and scores is known to have no derivative.' };
      return {
        holds: seen.data.uses === 'scores',
        sentence: `Non-differentiable steps on the way to the scores: ${list(blocked)}. Gradients do not pass them; declare what they belong to as a preprocessor.`,
      };
    },
  },
  {
    id: 'saturated-logits',
    title: 'Saturated logits (vanishing gradients)',
    read: (seen) => {
      const saturated = countBits(seen.trust.gradients?.saturated ?? '');
      const zero = countBits(seen.trust.base.zeroGradient);
      const isSaturated = exceeds(saturated, rightOf(seen), LIMITS.symptom);
      const affected = seen.data.uses === 'gradients' && exceeds(zero, rightOf(seen), LIMITS.symptom);
      return {
        holds: !(isSaturated && affected),
        sentence: `The margin of ${share(saturated, rightOf(seen))} is so large that float32 has no number for the other classes${isSaturated ? ': logits are scaled up, as by a small temperature, and a loss of probabilities has no gradient there. Attack the margin or the ratio of logits.' : '.'}`,
      };
    },
  },
  {
    id: 'discontinuous',
    title: 'Answers that jump (a detector, or another branch on the input)',
    read: (seen) => {
      const { jumps, constant } = seen.trust.landscape;
      const plain = beyond(jumps, constant);
      return {
        holds: !exceeds(plain, rightOf(seen), LIMITS.symptom),
        sentence: `Scores of ${share(plain, rightOf(seen))} jump on a line to a random point of the ball though they are smooth at its beginning${plain > 0 ? ': the target branches on its input, as a detector of perturbed inputs does' : ''}.`,
      };
    },
  },
  {
    id: 'misleading-gradients',
    title: 'Misleading gradients (label leaking)',
    read: (seen) => {
      const misled = countBits(seen.trust.gradients?.misled ?? '');
      return {
        holds: seen.data.uses === 'scores' || !exceeds(misled, rightOf(seen), 0.1),
        sentence: `On ${share(misled, rightOf(seen))} a step along the gradient harms less than random points of the ball${exceeds(misled, rightOf(seen), 0.1) ? ': the change itself tells the label to the model' : ''}.`,
      };
    },
  },
  {
    id: 'masked-gradients',
    title: 'Masked gradients',
    read: (seen) => {
      const { noise, square, boundary, base } = seen.trust;
      if (seen.data.uses === 'scores' || seen.data.effort?.singleStep === true) {
        return undecided('The attack follows no gradient, or follows it once.');
      }
      const others = either(noise.broken, square?.broken ?? null);
      const blind = beyond(others, base.broken);
      const walked = beyond(boundary ?? '', base.broken);
      const isMasked = exceeds(blind, rightOf(seen), LIMITS.rival) || exceeds(walked, rightOf(seen), LIMITS.masked);
      return {
        holds: !isMasked,
        sentence:
          `What follows no gradient broke ${share(blind, rightOf(seen))} that gradients did not, and walks to the nearest boundary ` +
          `${share(walked, rightOf(seen))}${isMasked ? ': the gradients of the loss hide what is there' : ''}.`,
      };
    },
  },
];
