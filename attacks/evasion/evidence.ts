import { AssayError } from '#base/errors';
import type { Json } from '#base/json';
import { row, rowRange, takeRows, type Tensor } from '#base/tensor';
import type { Evidence, Example, RunContext, StepValue } from '#plugin/plugin';
import { labelRow, margin, takeLabels } from '#target/head';
import type { DifferentiableTarget, Samples, Target } from '#target/target';
import { Broken } from './broken.js';
import { sizeIn, type Norm } from './norms.js';
import { epsilonList, type Epsilons } from './options.js';
import type { AttackResult, EpsilonResult, RunAttack } from './result.js';
import { runNoise } from './run-noise.js';
import { rangeOf } from './space.js';

/** At one epsilon, one entry a sample. Numbers that are not finite are null. */
export interface EpsilonEvidence {
  readonly epsilon: number;
  /** 1: right when clean, and no input within epsilon was found that is wrong. */
  readonly robust: readonly number[];
  /** The same against random noise alone; null where the attack is noise. */
  readonly robustToNoise: readonly number[] | null;
  /** Size of the change of the kept input, in the norm. */
  readonly sizes: readonly (number | null)[];
  readonly margins: readonly (number | null)[];
  readonly queries: readonly number[];
  readonly gradientQueries: readonly number[];
  /** 1: survived although there was no gradient to follow. */
  readonly zeroGradient: readonly number[];
  /** 1: survived although the loss never rose above its start. */
  readonly unmoved: readonly number[];
  /** Inputs that were called adversarial and were not, by an independent forward pass. */
  readonly refuted: number;
}

export interface EvasionEvidence {
  readonly attack: string;
  readonly norm: Norm;
  /** Lowest and highest legal value of an input. */
  readonly range: readonly [number, number];
  /** Whether the attack follows gradients. */
  readonly followsGradients: boolean;
  /** In the data set. */
  readonly indices: readonly number[];
  /** 1: right without an adversary. */
  readonly clean: readonly number[];
  readonly epsilons: readonly EpsilonEvidence[];
  /** Of the adversarial input at the smallest epsilon that has one; null elsewhere. */
  readonly digests: readonly (string | null)[];
}

/** Samples in one checkpoint. */
const CHUNK = 256;

interface BallOptions {
  readonly norm: Norm;
  readonly epsilons: Epsilons;
}

/**
 * Runs an attack in checkpoints of 256 samples. Every input that the attack calls adversarial is checked again by an
 * independent forward pass for norm, domain and answer before it counts (design rule 4). Beside an attack that follows
 * gradients runs the baseline that it may not lose to.
 */
export async function attackEvidence<Options extends BallOptions, On extends DifferentiableTarget | Target>(
  run: RunAttack<On, Options>,
  context: RunContext<Options>,
  attack: string,
): Promise<Evidence<EvasionEvidence>> {
  const target = needed(context.target);
  const { test, options } = context;
  const chunks: StepValue[] = [];
  const count = Math.ceil(test.indices.length / CHUNK);
  for (let i = 0; i < count; i++) {
    const samples = chunkOf(test, i);
    const report = (done: number, total: number): void => {
      context.progress(i * total + done, count * total);
    };
    // The plugin's needs were checked when the run was planned: the target can do what the attack asks of it.
    chunks.push(await context.step(`chunk-${i}`, () => attackChunk(run, target as On, samples, context, report)));
  }
  const parts = chunks.map(({ json }) => json as unknown as ChunkJson);
  return {
    data: {
      attack,
      norm: options.norm,
      range: rangeOf(target),
      followsGradients: parts.some(({ followsGradients }) => followsGradients),
      indices: test.indices,
      clean: parts.flatMap(({ clean }) => clean),
      epsilons: epsilonList(options.epsilons).map((epsilon, e) =>
        joined(
          epsilon,
          parts.map((part) => part.epsilons[e]),
        ),
      ),
      digests: parts.flatMap(({ digests }) => digests),
    },
    examples: parts.flatMap(({ examples }, i) => examplesOf(examples, chunks[i]?.arrays ?? {})),
  };
}

interface ChunkJson {
  readonly followsGradients: boolean;
  readonly clean: readonly number[];
  readonly epsilons: readonly EpsilonEvidence[];
  readonly digests: readonly (string | null)[];
  readonly examples: readonly Omit<Example, 'original' | 'changed'>[];
}

async function attackChunk<Options extends BallOptions, On extends Target>(
  run: RunAttack<On, Options>,
  target: On,
  samples: Samples,
  context: RunContext<Options>,
  progress: (done: number, total: number) => void,
): Promise<StepValue> {
  const { options, random } = context;
  const cleanScores = await target.predict(samples.inputs);
  const clean = samples.indices.map((_, i) => (isRight(target, samples, cleanScores, i) ? 1 : 0));
  const result = await run(target, samples, options, random, progress);
  const followsGradients = result.epsilons.some(({ outcomes }) =>
    outcomes.some(({ gradientQueries }) => gradientQueries > 0),
  );
  const baseline = followsGradients ? await noiseBaseline(target, samples, options, context) : null;
  const broken = new Broken(samples.indices.length);
  const epsilons: EpsilonEvidence[] = [];
  for (const [e, at] of result.epsilons.entries()) {
    const refuted = await broken.add(target, samples, at, result.norm);
    const noise = baseline?.epsilons[e];
    if (noise !== undefined) await broken.add(target, samples, noise, result.norm);
    epsilons.push(epsilonEvidence(at, result.norm, clean, broken, noise ?? null, refuted));
  }
  const shown = broken.chosen(context.keep, (i) =>
    random
      .fork('keep')
      .of(samples.indices[i] ?? 0)
      .uniform(),
  );
  const changed = await target.predict(takeRows(broken.inputs(samples), shown));
  const json: ChunkJson = {
    followsGradients,
    clean,
    epsilons,
    digests: broken.digests(),
    examples: shown.map((i, k) => ({
      sample: samples.indices[i] ?? 0,
      epsilon: broken.epsilonOf(i),
      norm: { kind: result.norm, value: broken.sizeOf(i) },
      label: [...labelRow(samples.labels, i)],
      scoresBefore: [...row(cleanScores, i)],
      scoresAfter: [...row(changed, k)],
    })),
  };
  const arrays = Object.fromEntries(
    shown.flatMap((i, k) => [
      [`original/${k}`, row(samples.inputs, i).slice()],
      [`changed/${k}`, broken.inputOf(i)],
    ]),
  );
  return { json: json as unknown as Json, arrays };
}

function noiseBaseline<Options extends BallOptions>(
  target: Target,
  samples: Samples,
  { norm, epsilons }: Options,
  { random }: RunContext<Options>,
): Promise<AttackResult> {
  return runNoise(target, samples, { norm, epsilons, draws: 10 }, random.fork('noise'));
}

function epsilonEvidence(
  { epsilon, outcomes }: EpsilonResult,
  norm: Norm,
  clean: readonly number[],
  broken: Broken,
  noise: EpsilonResult | null,
  refuted: number,
): EpsilonEvidence {
  const bit = (condition: boolean): number => (condition ? 1 : 0);
  const survived = outcomes.map(({ fate }) => fate === 'survived' && epsilon > 0);
  return {
    epsilon,
    robust: clean.map((right, i) => bit(right === 1 && !broken.has(i))),
    robustToNoise: noise === null ? null : noise.outcomes.map(({ fate }) => bit(fate === 'survived')),
    sizes: outcomes.map(({ norms }) => finite(sizeIn(norm, norms))),
    margins: outcomes.map((outcome) => finite(outcome.margin)),
    queries: outcomes.map(({ queries }) => queries),
    gradientQueries: outcomes.map(({ gradientQueries }) => gradientQueries),
    zeroGradient: outcomes.map(({ flags }, i) => bit(survived[i] === true && flags.zeroGradientAtStart)),
    unmoved: outcomes.map(({ loss }, i) => bit(survived[i] === true && loss !== null && !(loss.best > loss.start))),
    refuted,
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function isRight(target: Target, samples: Samples, scores: Tensor, i: number): boolean {
  return margin(target.head, row(scores, i), labelRow(samples.labels, i)) > 0;
}

function chunkOf(samples: Samples, chunk: number): Samples {
  const start = chunk * CHUNK;
  const indices = samples.indices.slice(start, start + CHUNK);
  const rows = indices.map((_, i) => start + i);
  return {
    inputs: rowRange(samples.inputs, start, start + indices.length),
    labels: takeLabels(samples.labels, rows),
    indices,
  };
}

/** The columns of all chunks, one behind the other. */
function joined(epsilon: number, parts: readonly (EpsilonEvidence | undefined)[]): EpsilonEvidence {
  const whole = parts.filter((part) => part !== undefined);
  const column = <T>(pick: (part: EpsilonEvidence) => readonly T[]): T[] => whole.flatMap(pick);
  return {
    epsilon,
    robust: column((part) => part.robust),
    robustToNoise: whole.some((part) => part.robustToNoise === null)
      ? null
      : column((part) => part.robustToNoise ?? []),
    sizes: column((part) => part.sizes),
    margins: column((part) => part.margins),
    queries: column((part) => part.queries),
    gradientQueries: column((part) => part.gradientQueries),
    zeroGradient: column((part) => part.zeroGradient),
    unmoved: column((part) => part.unmoved),
    refuted: whole.reduce((sum, part) => sum + part.refuted, 0),
  };
}

function examplesOf(facts: ChunkJson['examples'], arrays: StepValue['arrays']): Example[] {
  return facts.flatMap((fact, k) => {
    const original = arrays[`original/${k}`];
    const changed = arrays[`changed/${k}`];
    return original instanceof Float32Array && changed instanceof Float32Array ? [{ ...fact, original, changed }] : [];
  });
}

function needed(target: Target | null): Target {
  if (target !== null) return target;
  throw new AssayError('plugin', { what: 'an evasion attack needs a target' });
}
