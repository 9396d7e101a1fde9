import { row, type Tensor } from '#base/tensor';
import { labelRow, margin } from '#target/head';
import type { Samples, Target } from '#target/target';
import { normsOf } from '../geometry/norms.js';
import { decisionDraws, decisiveScores } from '../search/ask.js';
import type { EpsilonResult, Fate, LossTrace, SampleOutcome } from '../search/result.js';

/** What all members found for one sample. */
interface Sum {
  /** The input that broke it, or else that with the least margin; null before any was tried. */
  input: Float32Array | null;
  margin: number;
  by: string | null;
  queries: number;
  gradientQueries: number;
  /** Of the first member whose loss rose, or else of the first that followed one. */
  loss: LossTrace | null;
  zeroGradientAtStart: boolean;
}

/** The worst case of each sample over the members of an ensemble and over smaller epsilons. */
export class MemberResults {
  readonly #samples: Samples;
  readonly #clean: readonly number[];
  readonly #lost = new Map<number, Sum>();
  #present: readonly (Sum | null)[] = [];

  private constructor(samples: Samples, clean: readonly number[]) {
    this.#samples = samples;
    this.#clean = clean;
  }

  static async begin(target: Target, samples: Samples, draws: number): Promise<MemberResults> {
    const { inputs, labels, indices } = samples;
    const scores = await decisiveScores(target, inputs, labels, decisionDraws(draws));
    return new MemberResults(
      samples,
      indices.map((_, i) => margin(target.head, row(scores, i), labelRow(labels, i))),
    );
  }

  enter(epsilon: number): void {
    this.#present = this.#clean.map((clean, position) =>
      epsilon > 0 && clean > 0 && !this.#lost.has(position) ? nothingYet(clean) : null,
    );
  }

  /** Positions that are right when clean and that no member has broken yet. */
  get survivors(): readonly number[] {
    return this.#present.flatMap((sum, position) => (sum !== null && sum.by === null ? [position] : []));
  }

  /**
   * What one member found at the present epsilon.
   *
   * @param positions of its rows
   * @param confirmed by row: whether what the member called adversarial is so
   */
  record(
    member: string,
    positions: readonly number[],
    { inputs, outcomes }: EpsilonResult,
    confirmed: ReadonlyMap<number, boolean>,
  ): void {
    positions.forEach((position, i) => {
      const sum = this.#present[position];
      const outcome = outcomes[i];
      if (sum === null || sum === undefined || outcome === undefined) return;
      sum.queries += outcome.queries;
      sum.gradientQueries += outcome.gradientQueries;
      sum.zeroGradientAtStart ||= outcome.flags.zeroGradientAtStart;
      if (sum.loss === null || (!rises(sum.loss) && outcome.loss !== null)) sum.loss = outcome.loss;
      const isBroken = confirmed.get(i) === true;
      if (isBroken) sum.by = member;
      // What a member is mistaken about has no margin that could be believed.
      else if (confirmed.has(i) || !(outcome.margin < sum.margin)) return;
      sum.input = row(inputs, i).slice();
      sum.margin = outcome.margin;
    });
  }

  leave(epsilon: number): EpsilonResult {
    const originals = this.#samples.inputs;
    const inputs: Tensor = { shape: originals.shape, data: originals.data.slice() };
    const outcomes = this.#clean.map((clean, position): SampleOutcome => {
      const sum = this.#present[position] ?? null;
      const fate = this.#fateOf(clean, sum, position);
      if (fate === 'broken' && sum !== null) this.#lost.set(position, sum);
      const kept = sum ?? this.#lost.get(position) ?? null;
      if (kept !== null && kept.input !== null) row(inputs, position).set(kept.input);
      return {
        fate,
        margin: kept?.margin ?? clean,
        norms: normsOf(row(originals, position), row(inputs, position)),
        queries: sum?.queries ?? 0,
        gradientQueries: sum?.gradientQueries ?? 0,
        loss: sum?.loss ?? null,
        flags: { zeroGradientAtStart: sum?.zeroGradientAtStart ?? false },
        by: kept?.by ?? '',
      };
    });
    this.#present = [];
    return { epsilon, inputs, outcomes };
  }

  #fateOf(clean: number, sum: Sum | null, position: number): Fate {
    if (!(clean > 0)) return 'misclassified';
    if (this.#lost.has(position)) return 'carried';
    return sum !== null && sum.by !== null ? 'broken' : 'survived';
  }
}

function rises({ start, best }: LossTrace): boolean {
  return best > start;
}

function nothingYet(margin: number): Sum {
  return {
    ...{ input: null, margin, by: null, queries: 0, gradientQueries: 0 },
    ...{ loss: null, zeroGradientAtStart: false },
  };
}
