import { AssayError } from '#base/errors';
import { counted, grouped } from '#base/format';
import { rowsOf, type Tensor } from '#base/tensor';
import type { Layer } from '#engine/index';
import { permutation, type RandomStreams } from '#stats/random';
import { labelRow, type Head } from '#target/head';
import type { SampleSource } from '#target/sample-source';
import { scoreNamed } from '#target/score-name';
import { isLayered, type LayeredTarget, type Target } from '#target/target';
import { drawnRows } from '../describing/rows.js';
import { describedScore, labelOf } from '../describing/score.js';
import type { Concept } from '../methods/concepts/tcav.js';
import { conceptLayer, widthOf } from './layer.js';
import type { TcavContext } from './tcav.js';

/** Of a concept, and of examples: what is said of fewer is luck. */
export const LEAST = 10;
/** Random inputs for each of the largest concept, where the background has them. */
const RANDOM_FOR_EACH = 5;
/** Values of a layer that are held at once: 1 GiB. */
const MOST_VALUES = 2 ** 28;
/** Rows by which the score is chosen that is said most often. */
const ROWS = 500;

/** The name of random inputs among those that the options name. */
export const RANDOM = 'random';

/** A concept may be called anything, also what the random inputs are. */
export function keyOf(name: string): string {
  return `concept ${name}`;
}

export interface Posed {
  readonly layer: Layer;
  readonly score: number;
  readonly concepts: readonly Concept[];
  /** Random inputs. */
  readonly pool: Tensor;
  /** Inputs at which the gradient is taken. */
  readonly examples: Tensor;
}

/**
 * All that the options ask of the model, as tensors. The same whenever it is asked.
 *
 * @throws AssayError `config`, `usage` or `data` where it cannot be asked
 */
export async function posed(context: TcavContext): Promise<Posed> {
  const { options, target, background, inputs, random } = context;
  requireReachable(options, Object.keys(options.concepts).length);
  const layer = await conceptLayer(layeredOf(target), options.layer);
  const score = await scoreOf(context);
  const concepts = await conceptsOf(context);
  const largest = Math.max(...concepts.map((concept) => rowsOf(concept.inputs)));
  const pool = await poolOf(inputs.get(RANDOM), background, largest, random);
  const examples = await examplesOf(context, score);
  const rows = concepts.reduce((sum, concept) => sum + rowsOf(concept.inputs), rowsOf(pool) + rowsOf(examples));
  requireRoom(layer, rows);
  return { layer, score, concepts, pool, examples };
}

export function layeredOf(target: Target): LayeredTarget {
  if (isLayered(target)) return target;
  throw new AssayError('plugin', { what: 'it needs a target whose layers can be seen' });
}

/** Whether any result could be significant, however clear. */
function requireReachable({ permutations, level }: TcavContext['options'], concepts: number): void {
  if (concepts / (permutations + 1) <= level) return;
  throw new AssayError('config', {
    where: '`explain.tcav.permutations`',
    what: `of ${concepts} concepts and ${permutations} permutations no corrected p-value can be ${level} or below`,
    mend: `Set it to ${Math.ceil(concepts / level) - 1} or more.`,
  });
}

async function scoreOf({ options, target, background, random }: TcavContext): Promise<number> {
  const { score } = options;
  if (score === undefined) {
    const { inputs } = await drawnRows(background, ROWS, random.fork('score'));
    return describedScore(target, inputs);
  }
  return scoreNamed(String(score), target.head, target.labels, { where: '`explain.tcav.score`', others: [] });
}

async function conceptsOf({ options, inputs }: TcavContext): Promise<Concept[]> {
  const concepts: Concept[] = [];
  for (const name of Object.keys(options.concepts)) {
    const source = inputs.get(keyOf(name));
    const rows = source?.indices.length ?? 0;
    if (source === undefined || rows < LEAST) {
      throw new AssayError('data', {
        where: `the concept ${JSON.stringify(name)} of \`explain.tcav\``,
        what: `it has ${counted(rows, 'input')}, and ${LEAST} are the least`,
        mend: 'Give more inputs that share what the concept is.',
      });
    }
    concepts.push({ name, inputs: (await source.range(0, rows)).inputs });
  }
  return concepts;
}

async function poolOf(
  named: SampleSource | undefined,
  background: SampleSource,
  largest: number,
  random: RandomStreams,
): Promise<Tensor> {
  const source = named ?? background;
  if (source.indices.length < largest) {
    throw new AssayError('data', {
      where: '`explain.tcav.random`',
      what: `there are ${counted(source.indices.length, 'random input')}, and the largest concept has ${largest}`,
      mend: 'Give more inputs of no particular concept, several times as many if possible, or a lower `sample` of the concept.',
    });
  }
  if (named !== undefined) return (await named.range(0, named.indices.length)).inputs;
  return (await drawnRows(background, RANDOM_FOR_EACH * largest, random.fork('random'))).inputs;
}

/** Drawn from the inputs that have the score's label. */
async function examplesOf({ options, target, background, random }: TcavContext, score: number): Promise<Tensor> {
  const own = background.indices.flatMap((_, i) =>
    hasLabel(target.head, labelRow(background.labels, i), score) ? [i] : [],
  );
  if (own.length < LEAST) {
    throw new AssayError('data', {
      where: '`explain.tcav.score`',
      what: `of ${counted(background.indices.length, 'drawn sample')} ${own.length} are of ${labelOf(target, score)}, and ${LEAST} are the least`,
      mend: 'Draw more with `--sample`, or name another score.',
    });
  }
  const order = permutation(own.length, random.fork('examples').of(0)).slice(0, options.examples);
  const positions = order.sort((a, b) => a - b).flatMap((i) => own[i] ?? []);
  return (await background.take(positions)).inputs;
}

function hasLabel(head: Head, label: Float64Array, score: number): boolean {
  switch (head.kind) {
    case 'classes':
      return label[0] === score;
    case 'binary':
      return label[0] === 1;
    case 'multi-label':
      return label[score] === 1;
    default:
      return true;
  }
}

function requireRoom(layer: Layer, rows: number): void {
  if (rows * widthOf(layer) <= MOST_VALUES) return;
  throw new AssayError('config', {
    where: '`explain.tcav.layer`',
    what: `the layer \`${layer.name}\` gives ${grouped(widthOf(layer))} values for each of ${grouped(rows)} inputs, more than are held`,
    mend: 'Name a smaller layer, or a lower `sample` of the concepts.',
  });
}
