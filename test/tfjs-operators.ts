/** Operator cases of the ONNX engine's suite, executed and differentiated by TensorFlow.js. */
import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { messageOf } from '#base/errors';
import type { Constant } from '../src/engine/onnx/graph/ir.js';
import { upgradeGraph } from '../src/engine/onnx/graph/upgrade.js';
import { decodeModel } from '../src/engine/onnx/proto/codec.js';
import { Interpreter } from '../src/engine/tfjs/interpreter.js';
import { constantValue, floatsOf, plain, scoped, valueOf, type Value } from '../src/engine/tfjs/value.js';
import { operatorCases, type OperatorCase, type StoredTensor } from './operator-cases.js';

/** Of the largest value, as for the ONNX engine. */
const TOLERANCE = 1e-5;

/** Cases that TensorFlow.js computes otherwise, and why that is right or out of reach. What is listed has to differ. */
export const TFJS_SKIPS: readonly { readonly family: string; readonly cases: RegExp; readonly reason: string }[] = [
  {
    family: 'elementwise',
    cases: /^div\/same-value-twice$/,
    reason: 'the two parts of the gradient of x / x cancel, up to the rounding of x / x^2: 1e-7 where 0 is right',
  },
];

/** What differs from PyTorch's values in a family, one sentence each, without what is listed; and whatever is listed and does not. */
export function tfjsProblems(family: string): { readonly count: number; readonly problems: readonly string[] } {
  const cases = operatorCases(family);
  const problems = cases.flatMap((stored) => {
    const isListed = TFJS_SKIPS.some((skip) => skip.family === family && skip.cases.test(stored.name));
    const problem = problemOf(stored);
    if (isListed) return problem === null ? [`${stored.name} is listed and does not differ`] : [];
    return problem === null ? [] : [`${stored.name}: ${problem}`];
  });
  return { count: cases.length, problems };
}

function problemOf(stored: OperatorCase): string | null {
  const before = engine().memory().numTensors;
  const interpreter = new Interpreter(graphOf(stored));
  const problem = caught(() => scoped(() => differenceOf(stored, interpreter)));
  interpreter.dispose();
  const left = engine().memory().numTensors - before;
  return left === 0 ? problem : `${problem ?? 'it is right'}, and leaves ${left} tensors`;
}

function caught(work: () => string | null): string | null {
  try {
    return work();
  } catch (error) {
    return messageOf(error);
  }
}

function graphOf({ model }: OperatorCase): Interpreter['graph'] {
  return upgradeGraph(
    decodeModel({ main: 'case.onnx', files: new Map([['case.onnx', Buffer.from(model, 'base64')]]) }),
  );
}

function differenceOf(stored: OperatorCase, interpreter: Interpreter): string | null {
  const inputs = new Map(Object.entries(stored.inputs).map(([name, value]) => [name, constantValue(constant(value))]));
  const leaves = stored.wrt.map((name) => tensorOf(inputs, name));
  const output = interpreter.graph.outputs[0]?.name ?? '';
  const run = (): Tensor => {
    const values = interpreter.run(interpreter.graph.nodes, inputs);
    return plain(values.get(output) ?? interpreter.constant(output) ?? valueOf('float32', tensorOf(inputs, output)));
  };
  const seed = constantValue(constant(stored.seed)).tensor;
  const { value, grads } = engine().gradients(run, leaves, seed, true);
  const found: readonly (Tensor | null | undefined)[] = grads;
  const differences = [
    ['the output', floatsOf(value), stored.output] as const,
    ...stored.wrt.map((name, i) => [`d${name}`, gradientData(found[i], leaves[i]), stored.gradients[name]] as const),
  ].flatMap(([what, data, wanted]) => {
    const difference = wanted === undefined ? Infinity : relative(data, floats(wanted));
    return difference < TOLERANCE ? [] : [`${what} differs by ${difference.toPrecision(2)}`];
  });
  return differences.length === 0 ? null : differences.join(', ');
}

/** Zeros where the output does not depend on a value. */
function gradientData(gradient: Tensor | null | undefined, leaf: Tensor | undefined): Float32Array {
  return gradient == null ? new Float32Array(leaf?.size ?? 0) : floatsOf(gradient);
}

function tensorOf(inputs: ReadonlyMap<string, Value>, name: string): Tensor {
  const value = inputs.get(name);
  if (value === undefined) throw new Error(`the case has no \`${name}\``);
  return value.tensor;
}

function constant({ type, shape, data }: StoredTensor): Constant {
  return { type: type ?? 'float32', shape, bytes: Uint8Array.from(Buffer.from(data, 'base64')) };
}

function floats({ data }: StoredTensor): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(data, 'base64')).buffer);
}

function relative(found: Float32Array, wanted: Float32Array): number {
  if (found.length !== wanted.length) return Infinity;
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  let most = 0;
  for (const [i, value] of wanted.entries()) {
    const difference = Object.is(value, found[i]) ? 0 : Math.abs(value - (found[i] ?? NaN));
    most = Number.isNaN(difference) ? Infinity : Math.max(most, difference);
  }
  return most / scale;
}
