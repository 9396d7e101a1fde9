/** One character a sample, `1` where it holds. */
export type Bits = string;

export interface EpsilonStanding {
  readonly epsilon: number;
  /** Right, and stays right, without the defense. */
  readonly bare: Bits;
  /** With the defense, when the inputs that were made against the bare model are replayed: no evidence of robustness. */
  readonly unaware: Bits;
  /** With the defense, against who knows it: stands against the search and against what was replayed. */
  readonly adaptive: Bits;
  /** What fell to the search against the defended model, and what of it no gradient broke. */
  readonly fellToSearch: Bits;
  readonly fellOnlyToQueries: Bits;
  /** What fell to the replayed inputs. */
  readonly fellToReplay: Bits;
  /** Samples whose input that breaks the bare model the detector flags; all 0 without a detector. */
  readonly replayFlagged: Bits;
}

export interface DetectorData {
  /** Scores above it are flagged. */
  readonly threshold: number;
  /** Of clean inputs, as asked for. */
  readonly falsePositiveRate: number;
  /** Clean samples that the threshold was chosen on; they are in no rate. */
  readonly calibratedOn: number;
  readonly cleanFlagged: Bits;
}

export interface PreprocessingData {
  /** As claims begin: `JPEG compression at quality 75`. */
  readonly defense: string;
  /** What the adversary who knows it takes for its gradient. */
  readonly surrogates: readonly string[];
  readonly norm: string;
  /** Of the samples that were measured, in the data set. */
  readonly indices: readonly number[];
  /** Right without an adversary: of the bare model, and with the defense (right, and not flagged). */
  readonly cleanBare: Bits;
  readonly cleanDefended: Bits;
  /** Ascending. */
  readonly epsilons: readonly EpsilonStanding[];
  readonly detector: DetectorData | null;
}

export function bitsOf(values: ArrayLike<number>): Bits {
  return Array.from(values, (value) => (value === 1 ? '1' : '0')).join('');
}

export function countOf(bits: Bits): number {
  let count = 0;
  for (let i = 0; i < bits.length; i++) if (bits[i] === '1') count++;
  return count;
}

/** How many samples have the one bit and not the other. */
export function countOnly(these: Bits, those: Bits): number {
  let count = 0;
  for (let i = 0; i < these.length; i++) if (these[i] === '1' && those[i] === '0') count++;
  return count;
}

/** NaN of no sample. */
export function shareOf(bits: Bits): number {
  return countOf(bits) / bits.length;
}
