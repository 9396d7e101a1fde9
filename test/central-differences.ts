/**
 * Gradients held against the function itself: along a random direction d the central difference of <seed, y> must be
 * <gradient, d>. No other implementation is asked, so what two of them get wrong alike is found too.
 */
import { messageOf } from '#base/errors';
import { rng } from '#stats/random';
import { encodeModel } from '../src/engine/onnx/proto/codec.js';
import { createSession, type RuntimeValue, type Session } from '../src/engine/onnx/session.js';
import type { Feeds } from '../src/engine/onnx/tracing.js';
import { widenedGraph, widenedValue } from './double-precision.js';
import { realsOf, vectorJacobian, type Differentiable, type Reals } from './vector-jacobian.js';

/** One difference to try. */
interface Step {
  readonly size: number;
  /** In multiples of each value instead of in its units, for values next to a pole or a kink at zero. */
  readonly relative?: true;
  /** Of the sum of |gradient_i d_i|, and a thousandth of it of the sum of |seed_j y_j|. */
  readonly tolerance: number;
}

/**
 * Tried in turn until one agrees: a long step may cross a kink or leave the domain, a short one drowns in rounding.
 * Truncation leaves a sixth of h^2 by the third derivative, rounding 1e-16 of the output by h, which is 1e-10 and less
 * for the first; the others are for values next to the edge of the domain, where the derivatives are large.
 */
const DOUBLE: readonly Step[] = [
  { size: 1e-5, tolerance: 1e-8 },
  { size: 1e-5, relative: true, tolerance: 1e-8 },
  { size: 1e-7, tolerance: 1e-6 },
  { size: 1e-9, tolerance: 1e-5 },
];

/** Where only the gradient is in float32: as far as its own rounding goes. */
const MIXED: readonly Step[] = DOUBLE.map((step) => ({ ...step, tolerance: 1e-5 }));

/**
 * Rounding leaves 6e-8 of the output by h. Most operators without a kernel for float64 are linear or quadratic in each
 * input, for which no step is too long; the short ones are for the kinks of the others.
 */
const SINGLE: readonly Step[] = [0.125, 0.01, 0.001].map((size) => ({ size, tolerance: 2e-3 }));

/** Their kernels for float64 keep constants or whole values in float32. */
const ROUNDING_INSIDE: ReadonlySet<string> = new Set(['Shrink', 'FastGelu']);

/** Directions for each input: along a random one a wrong gradient agrees with probability 0. */
const DIRECTIONS = 2;

/** A function with its session: <seed, y> wherever its inputs are moved to. */
interface Evaluated extends Differentiable {
  readonly session: Session;
}

/** Says of the first input whose gradient is not the derivative by how much; null where all are. */
export async function disagreement(
  name: string,
  single: Differentiable,
  gradients: ReadonlyMap<string, Reals>,
): Promise<string | null> {
  const double = widened(single);
  const session = single.graph.nodes.some(({ op }) => ROUNDING_INSIDE.has(op)) ? null : await doubleSession(double);
  if (session === null) return compare(name, { ...single, session: await open(single) }, gradients, SINGLE);
  const own = await doubleGradients(double);
  return compare(name, { ...double, session }, own ?? gradients, own === null ? MIXED : DOUBLE);
}

function widened(single: Differentiable): Differentiable {
  const { graph, feeds, seed } = single;
  return {
    ...single,
    graph: widenedGraph(graph),
    feeds: Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, widenedValue(value)])),
    seed: widenedValue(seed),
  };
}

function open({ graph }: Differentiable): Promise<Session> {
  return createSession(encodeModel(graph), { threads: 1, optimization: 'none' });
}

/** Null where an operator has no kernel for float64, or is for float32 alone. */
async function doubleSession(double: Differentiable): Promise<Session | null> {
  try {
    const session = await open(double);
    await scored({ ...double, session }, {});
    return session;
  } catch {
    return null;
  }
}

/** Null where an operator of the gradient has no kernel for float64. A rule that mixes types is wrong. */
async function doubleGradients(double: Differentiable): Promise<ReadonlyMap<string, Reals> | null> {
  try {
    return (await vectorJacobian(double, 'none')).gradients;
  } catch (thrown) {
    if (messageOf(thrown).includes('Could not find an implementation')) return null;
    throw new Error(`the same graph in float64: ${messageOf(thrown)}`, { cause: thrown });
  }
}

async function compare(
  name: string,
  evaluated: Evaluated,
  gradients: ReadonlyMap<string, Reals>,
  steps: readonly Step[],
): Promise<string | null> {
  try {
    for (const input of evaluated.wrt) {
      const gradient = gradients.get(input) ?? new Float64Array();
      for (let i = 0; i < DIRECTIONS; i++) {
        const direction = randomDirection(`${name}/${input}/${i}`, gradient.length);
        const least = await leastError(evaluated, input, gradient, direction, steps);
        if (least !== null) {
          return `the gradient by \`${input}\` differs from central differences by ${least.toPrecision(2)}`;
        }
      }
    }
    return null;
  } finally {
    await evaluated.session.dispose();
  }
}

/** Null as soon as a step agrees, otherwise the smallest relative error of them all. */
async function leastError(
  evaluated: Evaluated,
  input: string,
  gradient: Reals,
  direction: Float64Array,
  steps: readonly Step[],
): Promise<number | null> {
  let least = Infinity;
  for (const { size, relative, tolerance } of steps) {
    const by = relative ? scaledLike(direction, evaluated.feeds[input]) : direction;
    const ahead = moved(evaluated.feeds[input], by, size);
    const behind = moved(evaluated.feeds[input], by, -size);
    const [after, before] = [await scored(evaluated, { [input]: ahead }), await scored(evaluated, { [input]: behind })];
    // What the step came to after rounding.
    const taken = realsOf(ahead).map((value, i) => (value - (realsOf(behind)[i] ?? NaN)) / (2 * size));
    const distance = Math.abs((after.value - before.value) / (2 * size) - dot(gradient, taken));
    const scale = absoluteDot(gradient, taken) + after.size / 1000;
    if (distance <= tolerance * scale) return null;
    least = Math.min(least, distance / scale);
  }
  return least;
}

/** <seed, y>, and the size of what is added up there, with some inputs replaced. */
async function scored(
  { graph, feeds, seed, session }: Evaluated,
  replaced: Feeds,
): Promise<{ readonly value: number; readonly size: number }> {
  const output = graph.outputs[0]?.name ?? '';
  const y = realsOf((await session.run({ ...feeds, ...replaced }, [output])).get(output));
  return { value: dot(realsOf(seed), y), size: absoluteDot(realsOf(seed), y) };
}

function randomDirection(key: string, size: number): Float64Array {
  const random = rng(key);
  return Float64Array.from({ length: size }, () => random.normal());
}

/** Each component in multiples of the value that it moves; of 1 where that is 0. */
function scaledLike(direction: Float64Array, value: RuntimeValue | undefined): Float64Array {
  const values = realsOf(value);
  return direction.map((component, i) => component * Math.abs(values[i] === 0 ? 1 : (values[i] ?? NaN)));
}

function moved(value: RuntimeValue | undefined, direction: Float64Array, step: number): RuntimeValue {
  const data = realsOf(value).map((v, i) => v + step * (direction[i] ?? NaN));
  return { type: data instanceof Float64Array ? 'float64' : 'float32', shape: value?.shape ?? [], data };
}

function dot(a: Reals, b: Reals): number {
  let sum = 0;
  a.forEach((value, i) => (sum += value * (b[i] ?? NaN)));
  return sum;
}

function absoluteDot(a: Reals, b: Reals): number {
  let sum = 0;
  a.forEach((value, i) => (sum += Math.abs(value * (b[i] ?? NaN))));
  return sum;
}
