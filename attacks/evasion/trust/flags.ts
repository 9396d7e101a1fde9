import { countBits } from '../evidence/data.js';
import { beyond, exceeds, LIMITS, share, undecided, type Rule } from './reading.js';
import { rightOf, type Seen } from './rules.js';

/** AutoAttack's six flags (its flags_doc.md and checks.py). */
export const FLAGS: readonly Rule<Seen>[] = [
  {
    id: 'F1',
    title: 'The target is not randomized',
    read: (seen) => {
      const differing = countBits(seen.trust.repeats.differing);
      const averaged = seen.data.eotDraws ?? 1;
      if (differing === 0) return { holds: true, sentence: 'Five passes over the same inputs gave the same scores.' };
      return {
        holds: averaged > 1,
        sentence: `Scores of ${share(differing, rightOf(seen))} differ from pass to pass; the attack averages ${averaged === 1 ? 'no gradients' : `${averaged} gradients`}.`,
      };
    },
  },
  {
    id: 'F2',
    title: 'Scores are logits',
    read: ({ trust }) => ({
      holds: true,
      sentence: trust.landscape.normalized
        ? 'The model gives probabilities: their logarithms are attacked, whose differences are those of the logits.'
        : 'Scores do not add up to one as probabilities do.',
    }),
  },
  {
    id: 'F3',
    title: 'Gradients at the start are not zero',
    read: (seen) => {
      const { gradients } = seen.trust;
      if (gradients === null || seen.data.uses === 'scores') return undecided('No gradient is followed.');
      const zero = countBits(gradients.zeroDlr ?? gradients.zeroMargin);
      const of = gradients.zeroDlr === null ? 'margin' : 'ratio of logits';
      return {
        holds: !exceeds(zero, rightOf(seen), LIMITS.symptom),
        sentence:
          `The gradient of the ${of} is zero at the clean input on ${share(zero, rightOf(seen))}; that of cross-entropy on ` +
          `${share(countBits(gradients.zeroCrossEntropy), rightOf(seen))}.`,
      };
    },
  },
  {
    id: 'F4',
    title: 'The square attack lowers robust accuracy by at most 0.2 points',
    read: (seen) => {
      const { square, base } = seen.trust;
      if (square === null || seen.data.uses === 'scores' || seen.data.effort?.singleStep === true)
        return undecided('The two are not compared here.');
      const extra = beyond(square.broken, base.broken);
      return {
        holds: !exceeds(extra, rightOf(seen), LIMITS.rival),
        sentence: `It broke ${share(extra, rightOf(seen))} that the attack did not.`,
      };
    },
  },
  {
    id: 'F5',
    title: 'The target does not optimize while it answers',
    read: ({ trust }) =>
      trust.structure === null
        ? undecided('What computes the answers shows nothing of its inside.')
        : { holds: true, sentence: 'The target is a fixed graph.' },
  },
  {
    id: 'F6',
    title: 'There are classes enough for the losses',
    read: ({ data }) => {
      const classes = data.head === 'classes' ? (data.outputs ?? 0) : 0;
      return undecided(
        classes >= 4
          ? `${classes} classes are enough for each loss.`
          : 'Ratios of logits need three classes, and four towards a goal; attacks that use them refuse such a target.',
      );
    },
  },
];
