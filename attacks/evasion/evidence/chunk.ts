import { digestOfBytes } from '#base/digest';
import { AssayError } from '#base/errors';
import { row, rowsOf, type Tensor } from '#base/tensor';
import type { RandomStreams } from '#stats/random';
import { labelRow, margin } from '#target/head';
import type { DifferentiableTarget, Samples, Target } from '#target/target';
import { noiseBaseline } from './baseline.js';
import { written, type EpsilonRecord, type QueryTotals, type SampleRecord } from './data.js';
import { sizeIn, type Norm } from '../geometry/norms.js';
import { Meter } from './meter.js';
import { recheck, type Checked } from './recheck.js';
import { decisiveScores } from '../search/ask.js';
import type {
  AttackResult,
  ClosestInputs,
  EpsilonResult,
  LossTrace,
  OnProgress,
  RunAttack,
  SampleOutcome,
} from '../search/result.js';
import { boxOf } from '../geometry/space.js';
import type { Space } from '../search/walk.js';

/** An evasion attack and what it is called in a sentence. One that uses gradients is held against noise as well. */
export type EvasionAttack<Options> = AttackFacts<Options> &
  (
    | { readonly uses: 'gradients'; readonly run: RunAttack<DifferentiableTarget, Options> }
    | { readonly uses: 'scores'; readonly run: RunAttack<Target, Options> }
  );

interface AttackFacts<Options> {
  readonly name: string;
  /** The same attack with about twice the iterations, and with more restarts; null where it has no such thing. */
  readonly stronger?: {
    steps?(options: Options): Options | null;
    restarts?(options: Options): Options | null;
  };
  /** The attack takes one step: there is nothing that converges. */
  readonly singleStep?: boolean;
  /** It gives up at no epsilon: it looks for the closest input. */
  readonly minimumNorm?: boolean;
  /** Of an ensemble: the names of its attacks, in their order. */
  readonly members?: readonly string[];
  /** False: it is no adversary, so there is nothing that could have failed. */
  readonly examined?: boolean;
}

/** What a target has to be for its attack. */
export type Bound = {
  readonly target: Target;
  readonly norm: Norm;
  /** Ascending. */
  readonly epsilons: readonly number[];
  readonly random: RandomStreams;
  attack(samples: Samples, progress: OnProgress): Promise<AttackResult>;
  readonly comparesWithNoise: boolean;
  /** Answers by which an input is judged; more than one for a randomized target. */
  readonly draws: number;
};

/** An adversarial input that was checked, at the smallest epsilon that has one. */
export interface Found {
  readonly position: number;
  readonly epsilon: number;
  /** In the norm of the attack. */
  readonly size: number;
  readonly input: Float32Array;
  readonly scores: Float32Array;
  readonly margin: number;
}

export interface ChunkFindings {
  readonly samples: readonly SampleRecord[];
  /** By epsilon, then by sample. */
  readonly epsilons: readonly (readonly EpsilonRecord[])[];
  readonly found: readonly Found[];
  /** Scores of the clean inputs. */
  readonly clean: Tensor;
  readonly queries: QueryTotals;
}

/** Attacks some samples, and checks everything that the attack says. */
export async function attackChunk(bound: Bound, samples: Samples, progress: OnProgress): Promise<ChunkFindings> {
  const meter = new Meter(bound.target.queries);
  const clean = await decisiveScores(bound.target, samples.inputs, samples.labels, bound.draws);
  const audit = new ChunkAudit(bound, samples, clean, meter);
  meter.lap();
  const result = await bound.attack(samples, progress);
  const spent = meter.lap();
  requireShape(result, bound, samples);
  const epsilons: EpsilonRecord[][] = [];
  for (const found of result.epsilons) epsilons.push(await audit.epsilon(found));
  if (result.closest !== undefined) await audit.closest(result.closest);
  return {
    samples: audit.samples(),
    epsilons,
    found: [...audit.found.values()],
    clean,
    queries: {
      attackPredictions: spent.predictions,
      attackGradients: spent.gradients,
      checkPredictions: bound.draws * rowsOf(samples.inputs) + audit.checkPredictions,
      noisePredictions: audit.noisePredictions,
    },
  };
}

class ChunkAudit {
  readonly found = new Map<number, Found>();
  checkPredictions = 0;
  noisePredictions = 0;
  readonly #cleanMargins: readonly number[];
  readonly #notFinite = new Set<number>();
  readonly #distances = new Map<number, number>();
  #hasDistances = false;

  constructor(
    private readonly bound: Bound,
    private readonly chunk: Samples,
    clean: Tensor,
    private readonly meter: Meter,
  ) {
    this.#cleanMargins = chunk.indices.map((_, position) => {
      this.#noteScores(position, row(clean, position));
      return margin(bound.target.head, row(clean, position), labelRow(chunk.labels, position));
    });
  }

  samples(): SampleRecord[] {
    return this.chunk.indices.map((index, position) => ({
      index,
      cleanCorrect: this.#isRight(position),
      cleanMargin: written(this.#cleanMargins[position] ?? null),
      finite: !this.#notFinite.has(position),
      ...(this.#hasDistances ? { distance: written(this.#distanceOf(position)) } : {}),
    }));
  }

  /** Checks the closest inputs that lie beyond all epsilons: those within were checked as their epsilons were. */
  async closest({ inputs, distances }: ClosestInputs): Promise<void> {
    this.#hasDistances = true;
    const beyond = this.#open().filter((position) => Number.isFinite(distances[position] ?? Infinity));
    const { target, norm, draws } = this.bound;
    const space: Space = { norm, epsilon: Infinity, box: boxOf(target) };
    this.meter.lap();
    const checked = await recheck(target, this.chunk, inputs, beyond, space, draws);
    this.checkPredictions += this.meter.lap().predictions;
    checked.forEach(({ refusal, norms }, i) => {
      if (refusal === null) this.#distances.set(beyond[i] ?? -1, sizeIn(norm, norms));
    });
  }

  /** 0 where the clean input is wrong, null where nothing was found. */
  #distanceOf(position: number): number | null {
    if (!this.#isRight(position)) return 0;
    return this.found.get(position)?.size ?? this.#distances.get(position) ?? null;
  }

  /** Checks what the attack gave at one epsilon, and gives what is left of it. */
  async epsilon(given: EpsilonResult): Promise<EpsilonRecord[]> {
    const { target, norm } = this.bound;
    const space: Space = { norm, epsilon: given.epsilon, box: boxOf(target) };
    const before = new Set(this.found.keys());
    const open = this.#open();
    const checks = await this.#check(given.inputs, open, space);
    const noise = await this.#holdAgainstNoise(space);
    return given.outcomes.map((outcome, position) => {
      const wasLost = before.has(position);
      const check = checks.get(position);
      // An attack that calls a right sample misclassified says that it is lost, too.
      const claimed = outcome.fate !== 'survived';
      return this.#record(position, outcome, {
        wasLost,
        refusal: claimed ? (check?.refusal ?? null) : null,
        silent: !claimed && check?.refusal === null,
        byNoise: noise.broke.has(position),
        rightUnderNoise: noise.right === null ? null : noise.right.has(position),
      });
    });
  }

  /** Right when clean, and without a checked adversarial input so far. */
  #open(): number[] {
    return this.chunk.indices.flatMap((_, position) =>
      this.#isRight(position) && !this.found.has(position) ? [position] : [],
    );
  }

  async #check(inputs: Tensor, positions: readonly number[], space: Space): Promise<Map<number, Checked>> {
    this.meter.lap();
    const checked = await recheck(this.bound.target, this.chunk, inputs, positions, space, this.bound.draws);
    this.checkPredictions += this.meter.lap().predictions;
    const byPosition = new Map<number, Checked>();
    checked.forEach((check, i) => {
      const position = positions[i] ?? -1;
      byPosition.set(position, check);
      this.#note(position, check, row(inputs, position), space);
    });
    return byPosition;
  }

  #note(
    position: number,
    { refusal, scores, norms, margin: distance }: Checked,
    input: Float32Array,
    space: Space,
  ): void {
    if (scores === null || distance === null) return;
    this.#noteScores(position, scores);
    if (refusal !== null) return;
    const size = sizeIn(space.norm, norms);
    this.found.set(position, {
      position,
      epsilon: space.epsilon,
      size,
      input: input.slice(),
      scores,
      margin: distance,
    });
  }

  /** Noise of the same size, for what is still open; noise is checked like everything else. */
  async #holdAgainstNoise(space: Space): Promise<{ broke: ReadonlySet<number>; right: ReadonlySet<number> | null }> {
    if (!this.bound.comparesWithNoise) return { broke: new Set(), right: null };
    const right = this.chunk.indices.flatMap((_, position) => (this.#isRight(position) ? [position] : []));
    if (!(space.epsilon > 0)) return { broke: new Set(), right: new Set(right) };
    this.meter.lap();
    const { target, random } = this.bound;
    const baseline = await noiseBaseline(target, this.chunk, right, this.#open(), space, random.fork('baseline'));
    this.noisePredictions += this.meter.lap().predictions;
    const noisy: Tensor = { shape: this.chunk.inputs.shape, data: this.chunk.inputs.data.slice() };
    for (const [position, input] of baseline.wrong) row(noisy, position).set(input);
    const checks = await this.#check(noisy, [...baseline.wrong.keys()], space);
    const broke = [...checks].flatMap(([position, { refusal }]) => (refusal === null ? [position] : []));
    return { broke: new Set(broke), right: baseline.rightOnce };
  }

  #record(
    position: number,
    outcome: SampleOutcome,
    seen: Pick<EpsilonRecord, 'refusal' | 'silent' | 'byNoise' | 'rightUnderNoise'> & { readonly wasLost: boolean },
  ): EpsilonRecord {
    const { wasLost, ...flags } = seen;
    const lost = this.found.get(position);
    const right = this.#isRight(position);
    return {
      ...flags,
      fate: !right ? 'misclassified' : lost === undefined ? 'survived' : wasLost ? 'carried' : 'broken',
      norm: lost === undefined ? null : written(lost.size),
      margin: written(lost?.margin ?? outcome.margin),
      queries: outcome.queries,
      gradientQueries: outcome.gradientQueries,
      loss: outcome.loss && {
        start: written(outcome.loss.start),
        end: written(outcome.loss.end),
        best: written(outcome.loss.best),
      },
      lossRose: rose(outcome.loss),
      zeroGradient: outcome.flags.zeroGradientAtStart,
      digest: lost === undefined ? null : digestOfBytes(bytesOf(lost.input)),
      ...(outcome.by === undefined ? {} : { by: lost === undefined ? null : outcome.by }),
    };
  }

  #isRight(position: number): boolean {
    return (this.#cleanMargins[position] ?? NaN) > 0;
  }

  #noteScores(position: number, scores: Float32Array): void {
    if (!scores.every(Number.isFinite)) this.#notFinite.add(position);
  }
}

/** More than the rounding by which two ways to the same scores may differ. */
function rose(loss: LossTrace | null): boolean {
  return loss !== null && loss.best - loss.start > 1e-5 * Math.abs(loss.start);
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** An attack of somebody else may give anything. */
function requireShape({ epsilons }: AttackResult, bound: Bound, { indices, inputs }: Samples): void {
  const same =
    epsilons.length === bound.epsilons.length && epsilons.every((each, k) => each.epsilon === bound.epsilons[k]);
  const whole = epsilons.every(
    (each) => each.outcomes.length === indices.length && each.inputs.data.length === inputs.data.length,
  );
  if (same && whole) return;
  throw new AssayError('plugin', {
    what: same
      ? 'the attack does not give one input and one outcome for each sample'
      : `the attack gives epsilons ${epsilons.map(({ epsilon }) => epsilon).join(', ')} where ${bound.epsilons.join(', ')} were asked`,
  });
}
