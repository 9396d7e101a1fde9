/** ONNX's own test vectors, each taken through Assay's whole path: read, brought to opset 20, written, executed. */
import { messageOf } from '#base/errors';
import { numbersOf } from '../src/engine/onnx/graph/constants.js';
import type { Constant } from '../src/engine/onnx/graph/ir.js';
import { upgradeGraph } from '../src/engine/onnx/graph/upgrade.js';
import { decodeModel, encodeModel } from '../src/engine/onnx/proto/codec.js';
import { GraphProto, joined, ModelProto, ValueInfoProto } from '../src/engine/onnx/proto/schema.js';
import { readTensor } from '../src/engine/onnx/proto/tensor.js';
import type { RuntimeData, RuntimeValue } from '../src/engine/onnx/session.js';
import { modelBytes } from './onnx-files.js';
import { execute } from './onnx-graphs.js';

/** A model with the inputs and outputs that belong together, each a TensorProto. */
export interface ConformanceCase {
  readonly name: string;
  readonly model: Uint8Array;
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

/** Cases that do not give their stored outputs, and why that is right or out of reach. */
export interface Skip {
  readonly reason: string;
  readonly cases: RegExp;
  /** How each of them ends: an error, or `differs by ...`. */
  readonly ends: RegExp;
}

/** Of the largest value: the kernels' sums and polynomials in float32 stay below it. */
const TOLERANCE = 1e-5;

/**
 * Every case gives its stored outputs, but for those that are listed. Whatever is listed still ends as the list says,
 * and `count` says how many cases ran, so none is lost or spared unseen.
 */
export function describeConformance(
  title: string,
  cases: readonly ConformanceCase[],
  skips: readonly Skip[],
  count: number,
): void {
  const skipOf = ({ name }: ConformanceCase) => skips.find((skip) => skip.cases.test(name));
  const run = cases.filter((stored) => skipOf(stored) === undefined);
  describe(title, () => {
    test('has as many cases as ever', () => {
      expect(run.length).toBe(count);
    });

    test.each(run.map((stored) => [stored.name, stored] as const))('%s', async (_, stored) => {
      expect(await conformanceError(stored)).toBeLessThan(TOLERANCE);
    });

    test.each(skips.map((skip) => [skip.reason, skip] as const))('skipped: %s', async (_, skip) => {
      const skipped = cases.filter((stored) => skipOf(stored) === skip);
      const ends = await Promise.all(skipped.map(async (stored) => `${stored.name}: ${await endOf(stored)}`));
      expect(ends).not.toEqual([]);
      expect(ends.filter((end) => !skip.ends.test(end))).toEqual([]);
    });
  });
}

async function endOf(stored: ConformanceCase): Promise<string> {
  try {
    const error = await conformanceError(stored);
    return error < TOLERANCE ? 'gives the stored outputs' : `differs by ${error.toPrecision(2)}`;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/** How far the outputs are from the stored ones, relative to the largest value of each; throws where it does not run. */
async function conformanceError(stored: ConformanceCase): Promise<number> {
  const file = modelBytes(stored.model);
  const graph = upgradeGraph(decodeModel(file));
  const names = declaredInputs(stored.model);
  const feeds = Object.fromEntries(
    stored.inputs.flatMap((bytes, i) => {
      const name = names[i] ?? '';
      return graph.inputs.some((input) => input.name === name)
        ? [[name, runtimeValue(readTensor(file, bytes, `input ${i}`))] as const]
        : [];
    }),
  );
  const outputs = graph.outputs.map(({ name }) => name);
  const results = await execute(encodeModel(graph), feeds, outputs);
  const errors = stored.outputs.map((bytes, i) =>
    relativeError(readTensor(file, bytes, `output ${i}`), results.get(outputs[i] ?? '')),
  );
  return Math.max(0, ...errors);
}

/** In the order of the file, which is that of the stored inputs. */
function declaredInputs(model: Uint8Array): string[] {
  const { input } = GraphProto.decode(joined(ModelProto.decode(model).graph));
  return input.map((info) => ValueInfoProto.decode(info).name);
}

function relativeError(wanted: Constant, found: RuntimeValue | undefined): number {
  if (found?.type !== wanted.type || found.shape.join() !== wanted.shape.join()) return Infinity;
  const expected = numbersOf(wanted);
  const actual = numbersOf({ ...wanted, bytes: bytesOf(found.data) });
  const scale = expected.reduce((most, value) => (isFinite(value) ? Math.max(most, Math.abs(value)) : most), 1e-3);
  return expected.reduce((most, value, i) => Math.max(most, difference(value, actual[i] ?? NaN) / scale), 0);
}

function difference(wanted: number, found: number): number {
  if (Object.is(wanted, found) || wanted === found) return 0;
  const distance = Math.abs(wanted - found);
  return Number.isNaN(distance) ? Infinity : distance;
}

function bytesOf(data: RuntimeData): Uint8Array {
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array();
}

function runtimeValue({ type, shape, bytes }: Constant): RuntimeValue {
  const buffer = Uint8Array.from(bytes).buffer;
  return { type, shape, data: dataOf(type, buffer) };
}

function dataOf(type: Constant['type'], buffer: ArrayBuffer): RuntimeData {
  switch (type) {
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
    case 'int64':
      return new BigInt64Array(buffer);
    case 'uint64':
      return new BigUint64Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'uint32':
      return new Uint32Array(buffer);
    case 'int16':
      return new Int16Array(buffer);
    case 'uint16':
    case 'float16':
      return new Uint16Array(buffer);
    case 'int8':
      return new Int8Array(buffer);
    case 'uint8':
    case 'bool':
      return new Uint8Array(buffer);
    default:
      throw new Error(`the runtime takes no input of type ${type}`);
  }
}
