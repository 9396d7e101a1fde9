import { row, rowsOf, type Tensor } from '#base/tensor';
import type { RunContext } from '#plugin/plugin';
import type { RandomStreams } from '#stats/random';
import { isCorrect, labelRow, type Labels } from '#target/head';
import { chunkOf, type SampleSource } from '#target/sample-source';
import type { DifferentiableTarget, Samples, Target } from '#target/target';
import { chosen, searched, type AdversaryOptions, type Search } from './adversary.js';
import { bitsOf, type Bits, type EpsilonStanding } from './data.js';

/** What a defended model says: one bit a row each. */
export interface Answers {
  readonly right: Uint8Array;
  /** Kept back as suspicious, whatever the model says of it. */
  readonly flagged: Uint8Array;
}

/** A model with something in front of it or beside it. */
export interface Defended {
  readonly bare: DifferentiableTarget;
  answers(inputs: Tensor, labels: Labels): Promise<Answers>;
  /** By an adversary who knows the defense: what is broken is wrong and not flagged. */
  attacked(samples: Samples, epsilon: number, random: RandomStreams): Promise<Search>;
}

export interface Standings {
  readonly indices: readonly number[];
  readonly cleanBare: Bits;
  readonly cleanDefended: Bits;
  readonly cleanFlagged: Bits;
  readonly epsilons: readonly EpsilonStanding[];
}

/** Bits of the samples of one chunk that are carried from an epsilon to the next larger one. */
interface Fallen {
  readonly bare: Uint8Array;
  readonly search: Uint8Array;
  readonly queries: Uint8Array;
  readonly replay: Uint8Array;
  readonly flagged: Uint8Array;
}

/**
 * Measures a model without and with a defense on the same samples, a checkpoint for each chunk of them and epsilon: clean, under
 * inputs made against the bare model, and under an adversary who knows the defense. Both searches are the same attacks; what
 * broke at an epsilon is broken at every larger one.
 */
export async function evaluated(
  context: Pick<RunContext<AdversaryOptions>, 'options' | 'random' | 'step' | 'progress'>,
  defended: Defended,
  source: SampleSource,
): Promise<Standings> {
  const epsilons = epsilonsOf(context.options);
  const { length } = source.indices;
  const size = chunkOf(source.shape);
  const clean = { bare: new Uint8Array(length), served: new Uint8Array(length), flagged: new Uint8Array(length) };
  const fallen = epsilons.map(() => nothingFallen(length));
  for (let start = 0; start < length; start += size) {
    const samples = await source.range(start, Math.min(start + size, length));
    const { arrays } = await context.step(`clean-${start}`, async () => ({
      json: null,
      arrays: { ...(await cleanStanding(defended, samples)) },
    }));
    for (const [name, bits] of Object.entries(clean)) bits.set(arrays[name as keyof typeof clean], start);
    let before = nothingFallen(samples.indices.length);
    for (const [k, epsilon] of epsilons.entries()) {
      const carried = before;
      const done = await context.step(`epsilon-${epsilon}-${start}`, async () => ({
        json: null,
        arrays: { ...(await fallenAt(context, defended, samples, epsilon, carried)) },
      }));
      before = done.arrays;
      writeAt(fallen[k], before, start);
      context.progress(start * epsilons.length + (k + 1) * samples.indices.length, length * epsilons.length);
    }
  }
  return {
    indices: [...source.indices],
    ...{ cleanBare: bitsOf(clean.bare), cleanDefended: bitsOf(clean.served), cleanFlagged: bitsOf(clean.flagged) },
    epsilons: fallen.map((each, k) => standingAt(epsilons[k] ?? NaN, each, clean)),
  };
}

/** Ascending, each once. */
export function epsilonsOf({ epsilons }: Pick<AdversaryOptions, 'epsilons'>): number[] {
  return [...new Set(typeof epsilons === 'number' ? [epsilons] : epsilons)].sort((a, b) => a - b);
}

/** One bit a row: whether the target is right. */
export async function rightOf(target: Target, inputs: Tensor, labels: Labels): Promise<Uint8Array> {
  const scores = await target.predict(inputs);
  const right = new Uint8Array(rowsOf(inputs));
  for (let i = 0; i < right.length; i++) {
    right[i] = isCorrect(target.head, row(scores, i), labelRow(labels, i)) ? 1 : 0;
  }
  return right;
}

async function cleanStanding(defended: Defended, { inputs, labels }: Samples) {
  const bare = await rightOf(defended.bare, inputs, labels);
  const { right, flagged } = await defended.answers(inputs, labels);
  return { bare, served: right.map((bit, i) => bit & ~(flagged[i] ?? 0)), flagged };
}

async function fallenAt(
  { options, random }: Pick<RunContext<AdversaryOptions>, 'options' | 'random'>,
  defended: Defended,
  samples: Samples,
  epsilon: number,
  before: Fallen,
): Promise<Fallen> {
  const now = copyOf(before);
  const standing = positionsOf(before.bare);
  const made = await searched([defended.bare], chosen(samples, standing), epsilon, options, random.fork('bare'));
  const { right, flagged } = await defended.answers(made.inputs, chosen(samples, standing).labels);
  standing.forEach((i, k) => {
    const broken = made.broken[k] ?? 0;
    now.bare[i] = broken;
    now.flagged[i] = broken & (flagged[k] ?? 0);
    now.replay[i] = (now.replay[i] ?? 0) | (1 - ((right[k] ?? 0) | (flagged[k] ?? 0)));
  });
  const left = positionsOf(before.search);
  const found = await defended.attacked(chosen(samples, left), epsilon, random.fork('adaptive'));
  left.forEach((i, k) => {
    now.search[i] = found.broken[k] ?? 0;
    now.queries[i] = found.onlyByQueries[k] ?? 0;
  });
  return now;
}

function standingAt(
  epsilon: number,
  fallen: Fallen,
  clean: { readonly bare: Uint8Array; readonly served: Uint8Array },
): EpsilonStanding {
  const standing = (base: Uint8Array, ...falls: readonly Uint8Array[]): Bits =>
    bitsOf(base.map((bit, i) => (falls.some((fell) => fell[i] === 1) ? 0 : bit)));
  const ofServed = (fell: Uint8Array): Bits => bitsOf(fell.map((bit, i) => bit & (clean.served[i] ?? 0)));
  return {
    epsilon,
    bare: standing(clean.bare, fallen.bare),
    unaware: standing(clean.served, fallen.replay),
    adaptive: standing(clean.served, fallen.replay, fallen.search),
    fellToSearch: ofServed(fallen.search),
    fellOnlyToQueries: ofServed(fallen.queries),
    fellToReplay: ofServed(fallen.replay),
    replayFlagged: bitsOf(fallen.flagged.map((bit, i) => bit & (clean.bare[i] ?? 0))),
  };
}

function nothingFallen(n: number): Fallen {
  const none = () => new Uint8Array(n);
  return { bare: none(), search: none(), queries: none(), replay: none(), flagged: none() };
}

function copyOf({ bare, search, queries, replay, flagged }: Fallen): Fallen {
  return {
    ...{ bare: bare.slice(), search: search.slice(), queries: queries.slice() },
    ...{ replay: replay.slice(), flagged: flagged.slice() },
  };
}

function writeAt(all: Fallen | undefined, part: Fallen, start: number): void {
  all?.bare.set(part.bare, start);
  all?.search.set(part.search, start);
  all?.queries.set(part.queries, start);
  all?.replay.set(part.replay, start);
  all?.flagged.set(part.flagged, start);
}

function positionsOf(fallen: Uint8Array): number[] {
  return Array.from(fallen.keys()).filter((i) => fallen[i] === 0);
}
