import { percent } from '#base/format';
import { countBits } from '../evidence/data.js';
import { beyond, exceeds, LIMITS, share, undecided, type Rule } from './reading.js';
import { endsOf, rightOf, type Seen } from './rules.js';

/** Mean relative change of the margin from which predictions count as unstable. */
const UNSTABLE = 0.5;

/** The indicators of attack failure (Pintor et al. 2022, arXiv:2106.09947). */
export const INDICATORS: readonly Rule<Seen>[] = [
  {
    id: 'I1',
    title: 'Gradients are available',
    read: (seen) => {
      const { base, gradients } = seen.trust;
      if (seen.data.uses === 'scores' || gradients === null) return undecided('No gradient is followed.');
      const zero = countBits(base.zeroGradient);
      return {
        holds: !exceeds(zero, rightOf(seen), LIMITS.symptom),
        sentence: `The attack began with a gradient of zero, or none that is finite, on ${share(zero, rightOf(seen))}.`,
      };
    },
  },
  {
    id: 'I2',
    title: 'Predictions are stable nearby',
    read: ({ trust: { landscape } }) => {
      const { instability } = landscape;
      if (instability === null) return undecided('No sample is right without an adversary.');
      return {
        holds: instability <= UNSTABLE,
        sentence: `Random changes of all values, of up to 8/255 of the range within the ball, move the margin by ${percent(instability)} on average.`,
      };
    },
  },
  {
    id: 'I3',
    title: 'No success is silent',
    read: (seen) => {
      const silent = countBits(seen.trust.base.silent);
      return {
        holds: silent === 0,
        sentence: `Of what the attack gave back as a failure, ${share(silent, rightOf(seen))} had fallen.`,
      };
    },
  },
  {
    id: 'I4',
    title: 'The optimization has come to its end',
    read: (seen) => {
      const { base, moreSteps } = seen.trust;
      const rising = countBits(base.incomplete);
      const sentence = `The loss of ${share(rising, rightOf(seen))} still rose by more than 5 % of its way within the last ten iterates.`;
      if (moreSteps === null || seen.data.effort?.minimumNorm === true) return undecided(sentence);
      // A loss that rises without an effect is no failure: what twice the iterations find decides.
      return {
        holds: !exceeds(beyond(moreSteps, base.broken), rightOf(seen), LIMITS.converged),
        sentence: `${sentence} Twice the iterations broke ${share(beyond(moreSteps, base.broken), rightOf(seen))} more.`,
      };
    },
  },
  { id: 'I5', title: 'Transferred examples find no more', read: () => undecided('A transfer attack was not run.') },
  {
    id: 'I6',
    title: 'The attack succeeds without a budget',
    read: (seen) => {
      const ends = endsOf(seen.trust);
      if (ends === null || seen.data.effort?.singleStep === true) return undecided('A single step is no search.');
      const standing = rightOf(seen) - countBits(ends.whole.broken);
      return {
        holds: !exceeds(standing, rightOf(seen), LIMITS.converged),
        sentence: `${share(standing, rightOf(seen))} stand where every legal input is allowed.`,
      };
    },
  },
];
