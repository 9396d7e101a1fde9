import { counted, grouped, percent } from '#base/format';
import { clopperPearson } from '#stats/intervals';
import { countBits, type EvasionData } from '../evidence/data.js';
import type { TrustData } from './data.js';
import { beyond, either, exceeds, LIMITS, share, undecided, type Rule } from './reading.js';

/** The measurements, and what is known of the attack that was examined. */
export interface Seen {
  readonly trust: TrustData;
  readonly data: EvasionData;
}

const ONE_STEP = 'One step is no search: what it leaves standing says nothing about a search.';
const WITHOUT_GRADIENTS = 'The attack follows no gradients, and its number is about such attacks alone.';

/** Why a comparison of searches does not apply. */
function noSearch({ data }: Seen): string | null {
  return data.effort?.singleStep === true ? ONE_STEP : null;
}

function follows({ data }: Seen): string | null {
  return data.uses === 'gradients' ? null : WITHOUT_GRADIENTS;
}

/** The rules of Carlini et al. 2019, "On Evaluating Adversarial Robustness" (arXiv:1902.06705), as numbers. */
export const RULES: readonly Rule<Seen>[] = [
  {
    id: 'R1',
    title: 'An iterative attack finds what a single step finds',
    read: (seen) => {
      const { oneStep, base } = seen.trust;
      const why = noSearch(seen) ?? follows(seen);
      if (oneStep === null || why !== null) return undecided(why ?? 'There is no single step in this norm.');
      return found(seen, beyond(oneStep, base.broken), LIMITS.rival, 'One step along the gradient');
    },
  },
  {
    id: 'R2',
    title: 'Twice the iterations find no more',
    read: (seen) =>
      more(seen, seen.trust.moreSteps, 'Twice the iterations', 'The attack has no number of iterations to double.'),
  },
  {
    id: 'R3',
    title: 'More restarts find no more',
    read: (seen) => more(seen, seen.trust.moreRestarts, 'More restarts', 'The attack has no restarts to add.'),
  },
  {
    id: 'R4',
    title: 'A larger epsilon breaks no fewer samples',
    read: (seen) => {
      const why = noSearch(seen);
      if (why !== null) return undecided(why);
      const points = pointsOf(seen.trust);
      const falls = points.slice(1).map((point, i) => ({ from: points[i] ?? point, to: point }));
      const worst = falls.find(({ from, to }) =>
        exceeds(beyond(from.broken, to.broken), rightOf(seen), LIMITS.converged),
      );
      if (worst === undefined)
        return {
          holds: true,
          sentence: `Begun anew at ${counted(points.length, 'epsilon')}, the attack broke no fewer samples at a larger one.`,
        };
      const lost = beyond(worst.from.broken, worst.to.broken);
      return {
        holds: false,
        sentence: `The attack broke ${share(lost, rightOf(seen))} at epsilon ${short(worst.from.epsilon)} that it left standing at ${short(worst.to.epsilon)}.`,
      };
    },
  },
  {
    id: 'R5',
    title: 'At a large epsilon no more than chance is left',
    read: (seen) => {
      const why = noSearch(seen);
      const ends = endsOf(seen.trust);
      if (why !== null || ends === null) return undecided(why ?? 'There is no larger epsilon.');
      const { half } = ends;
      const standing = rightOf(seen) - countBits(half.broken);
      const chance = seen.data.outputs === undefined || seen.data.head !== 'classes' ? 0.5 : 1 / seen.data.outputs;
      const low = rightOf(seen) === 0 ? 0 : clopperPearson(standing, rightOf(seen)).low;
      return {
        holds: low <= chance,
        sentence: `${share(standing, rightOf(seen))} are left standing at half of the widest change, ${short(half.epsilon)}; chance is ${percent(chance)}.`,
      };
    },
  },
  {
    id: 'R6',
    title: 'Without a budget every sample falls',
    read: (seen) => {
      const why = noSearch(seen);
      const ends = endsOf(seen.trust);
      if (why !== null || ends === null) return undecided(why ?? 'There is no larger epsilon.');
      const standing = rightOf(seen) - countBits(ends.whole.broken);
      return {
        holds: !exceeds(standing, rightOf(seen), LIMITS.converged),
        sentence: `${share(standing, rightOf(seen))} are left standing where every legal input is allowed.`,
      };
    },
  },
  {
    id: 'R7',
    title: 'What knows the gradients finds what noise and queries find',
    read: (seen) => {
      const { noise, square, base } = seen.trust;
      const byNoise = beyond(noise.broken, base.broken);
      const drawn = `${counted(noise.draws, 'random point')} of the ball`;
      if (exceeds(byNoise, rightOf(seen), LIMITS.rival))
        return found(seen, byNoise, LIMITS.rival, `At least one of ${drawn}`);
      const why = noSearch(seen) ?? follows(seen);
      if (square === null || why !== null)
        return {
          holds: true,
          sentence: `${capital(drawn)} broke ${share(byNoise, rightOf(seen))} that the attack did not.${why === null ? '' : ` ${why}`}`,
        };
      const bySquare = beyond(square.broken, base.broken);
      return {
        holds: !exceeds(bySquare, rightOf(seen), LIMITS.rival),
        sentence: `${capital(drawn)} broke ${share(byNoise, rightOf(seen))} that the attack did not, and the square attack, of ${counted(square.queries, 'query', 'queries')} and no gradient, ${share(bySquare, rightOf(seen))}.`,
      };
    },
  },
  {
    id: 'R8',
    title: 'An attack without gradients was tried',
    read: (seen) => {
      const { square } = seen.trust;
      const labels = 'An attack on labels alone was not run.';
      if (seen.data.uses === 'scores') return { holds: true, sentence: `The attack itself follows none. ${labels}` };
      if (square === null) return undecided(noSearch(seen) ?? `The square attack has no form in this norm. ${labels}`);
      return {
        holds: true,
        sentence: `The square attack ran with ${counted(square.queries, 'query', 'queries')} a sample. ${labels}`,
      };
    },
  },
  {
    id: 'R9',
    title: 'Goals find no more than flight',
    read: (seen) => {
      const why = noSearch(seen) ?? follows(seen);
      const { targeted, boundary, base } = seen.trust;
      if (why !== null || (targeted === null && boundary === null)) {
        return undecided(why ?? 'There is only one way to be wrong, or no loss towards one.');
      }
      const what = 'Ascent towards each of the nearest wrong classes, and walks to their boundaries,';
      return found(seen, beyond(either(targeted, boundary), base.broken), LIMITS.targeted, what);
    },
  },
  {
    id: 'R10',
    title: 'Clean accuracy, settings and the worst case of each sample are stated',
    read: ({ data }) => ({
      holds: true,
      sentence: `${share(countBits(data.cleanCorrect), data.n)} are right without an adversary; all settings stand below, and a sample counts as lost by the worst of all that was tried on it.`,
    }),
  },
  {
    id: 'R11',
    title: 'Randomness is averaged, and what has no derivative is gone around',
    read: (seen) => {
      const { repeats, structure } = seen.trust;
      const random = countBits(repeats.differing) > 0 && (seen.data.eotDraws ?? 1) === 1;
      const blocked = structure?.blocked ?? [];
      const gone = seen.data.uses === 'scores' ? [] : blocked;
      const found = [
        ...(random ? ['Answers differ from pass to pass, and the attack averages none (`eotDraws`).'] : []),
        ...(gone.length > 0
          ? [`No gradient comes through ${list(gone)}; what is not declared as a preprocessor is not gone around.`]
          : []),
      ];
      const nothing = 'Nothing random was left without averages, and nothing without a derivative was met undeclared.';
      return { holds: found.length === 0, sentence: found.length === 0 ? nothing : found.join(' ') };
    },
  },
  {
    id: 'R12',
    title: 'Broader threats',
    read: (seen) => {
      const shares = seen.trust.gaussian.map(
        ({ deviation, right }) => `${percent(countBits(right) / Math.max(1, rightOf(seen)))} at ${short(deviation)}`,
      );
      return undecided(
        `Right under Gaussian noise, by its deviation as a share of the range: ${shares.join(', ')}. Rotations, translations and corruptions were not run.`,
      );
    },
  },
  {
    id: 'R13',
    title: 'The attack works on an undefended twin',
    read: ({ trust: { twin }, data }) => {
      if (twin.n === 0) return undecided('There is no linear model of this kind.');
      const isStep = data.effort?.singleStep === true;
      const enough = data.uses === 'scores' ? GUESSES : isStep ? STEPS : SEARCHES;
      return {
        holds: twin.broken >= enough * twin.n,
        sentence: `It broke ${share(twin.broken, twin.n)} of a linear model at ${twin.beyond} times the largest distance at which one falls.`,
      };
    },
  },
];

/** Shares of a linear model's samples: losses of several classes do not always climb towards the nearest. */
const SEARCHES = 0.75;
const GUESSES = 0.5;
const STEPS = 0.01;

export function rightOf({ trust }: Seen): number {
  return countBits(trust.right);
}

/** The curve with the examined epsilon in its place. */
function pointsOf({ curve, epsilon, base }: TrustData): TrustData['curve'] {
  return [...curve, { epsilon, broken: base.broken }].sort((a, b) => a.epsilon - b.epsilon);
}

type CurvePoint = TrustData['curve'][number];

/** Where every legal input is allowed, and half as far; the examined epsilon may be either. Null without a curve. */
export function endsOf(trust: TrustData): { readonly half: CurvePoint; readonly whole: CurvePoint } | null {
  const points = pointsOf(trust);
  const whole = points.at(-1);
  if (trust.curve.length === 0 || whole === undefined) return null;
  // A hair less than half: an epsilon may be written with a few digits of the widest change.
  return { whole, half: points.find(({ epsilon }) => epsilon >= (0.5 - 1e-6) * whole.epsilon) ?? whole };
}

function more(seen: Seen, broken: string | null, what: string, otherwise: string) {
  const why = noSearch(seen);
  if (broken === null || why !== null) return undecided(why ?? otherwise);
  return found(seen, beyond(broken, seen.trust.base.broken), LIMITS.converged, what);
}

/** What another attack broke and the examined one did not. */
function found(seen: Seen, extra: number, limit: number, what: string) {
  const n = rightOf(seen);
  return { holds: !exceeds(extra, n, limit), sentence: `${what} broke ${share(extra, n)} that the attack did not.` };
}

export function list(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${grouped(names.length - 3)} more` : shown;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
