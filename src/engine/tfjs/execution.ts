import type { Tensor } from '#base/tensor';
import { batches, joined, samplesIn, type Batch, type NamedTensors } from '../onnx/inputs.js';
import { enter, type BackendName } from './backend.js';
import { withNormalized } from './gradient.js';
import { inputValue } from './inputs.js';
import type { Preparation } from './preparation.js';
import { floatsOf, plain, scoped, type Value } from './value.js';

/**
 * Samples in one execution where kernels may add up in another order for another number of them. Native TensorFlow does, and in
 * batches of 16 or 32 for another place in the batch too; in batches of 64 rows were bit-equal at every place. It depends on
 * nothing but the model.
 *
 * @param elements of all values of one sample
 */
export function fixedBatch(elements: number): number {
  const affordable = 2 ** Math.floor(Math.log2(EXECUTION_ELEMENTS / Math.max(elements, 1)));
  return Math.min(Math.max(affordable, 1), MOST_BATCH);
}

/** 128 MB of forward values; those of the way back come on top. */
const EXECUTION_ELEMENTS = 2 ** 25;
const MOST_BATCH = 64;

/** Samples as executions take them: in a number that no result depends on. */
export function* executions(preparation: Preparation, inputs: NamedTensors, name: BackendName): Generator<Batch> {
  const { file, spec, rows } = preparation;
  const { batchSize } = spec.resources;
  // In plain JavaScript each element is one sum in one order.
  const batch = file.batch === 'dynamic' && name !== 'cpu' ? rows : file.batch;
  yield* batches(inputs, batch, batchSize);
}

/** Samples as values of the graph's inputs, real ones in the user's units; they belong to the caller. */
export function givenValues({ interpreter }: Preparation, samples: NamedTensors): Map<string, Value> {
  return new Map(
    interpreter.graph.inputs.map(({ name, type }) => {
      return [name, inputValue(type, samples.get(name) ?? { shape: [0], data: new Float32Array() })];
    }),
  );
}

/** Raw outputs of the model, [n, width]. */
export function rawOutputs(preparation: Preparation, inputs: NamedTensors): Tensor {
  return countedOutputs(preparation, inputs).raw;
}

/** The same, and how many elements all values have together. */
export function countedOutputs(
  preparation: Preparation,
  inputs: NamedTensors,
): { readonly raw: Tensor; readonly elements: number } {
  const { file, interpreter, backend } = preparation;
  enter(backend.forward);
  const parts: Float32Array[] = [];
  let elements = 0;
  for (const part of executions(preparation, inputs, backend.forward)) {
    const values = scoped(() => {
      const given = withNormalized(preparation, givenValues(preparation, part.samples));
      const results = interpreter.runFor([file.output], given, (size) => (elements += size));
      const value = results.get(file.output) ?? interpreter.constant(file.output);
      return value === undefined ? new Float32Array() : floatsOf(plain(value));
    });
    parts.push(values.subarray(0, (values.length / samplesIn(part.samples)) * part.used));
  }
  return { raw: joined(samplesIn(inputs), parts), elements };
}
