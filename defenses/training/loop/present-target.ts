import { AssayError } from '#base/errors';
import { rowRange, rowSize, rowsOf, type Tensor } from '#base/tensor';
import type { LossSpec } from '#engine/index';
import { labelWidth } from '#target/head';
import type { DifferentiableTarget, Gradient, TrainableTarget, Trainer } from '#target/target';

/**
 * A trainer as a target that an attack can ask: the model at its present weights, as at inference. Batches are cut and
 * filled up to one size, since a trainer compiles its graph for each.
 */
export function presentTarget(original: TrainableTarget, trainer: Trainer, batchSize: number): DifferentiableTarget {
  const { name, digest, domain, head, labels, capabilities, missing } = original;
  const width = labelWidth(head);
  const gradient = async (inputs: Tensor, loss: LossSpec): Promise<Gradient> => {
    const parts: Gradient[] = [];
    for (let start = 0; start < rowsOf(inputs); start += batchSize) {
      const end = Math.min(start + batchSize, rowsOf(inputs));
      const whole = filled(rowRange(inputs, start, end), batchSize);
      const found = await trainer.inputGradient(whole, partOf(loss, start, end, rowsOf(inputs), batchSize));
      parts.push({
        scores: rowRange(found.scores, 0, end - start),
        loss: found.loss.subarray(0, end - start),
        gradient: rowRange(found.gradient, 0, end - start),
      });
    }
    return {
      scores: joined(parts.map(({ scores }) => scores)),
      loss: Float32Array.from(parts.flatMap(({ loss: losses }) => [...losses])),
      gradient: joined(parts.map((part) => part.gradient)),
    };
  };
  return {
    ...{ name, digest, domain, head, labels, capabilities, missing, gradient },
    queries: { predictions: 0, gradients: 0 },
    predict: async (inputs) =>
      (await gradient(inputs, { kind: 'cross-entropy', labels: new Float64Array(rowsOf(inputs) * width) })).scores,
    jacobian: () => Promise.reject(new AssayError('plugin', { what: 'a model that is trained has no Jacobian' })),
    dispose: () => Promise.resolve(),
  };
}

function filled(batch: Tensor, rows: number): Tensor {
  if (rowsOf(batch) === rows) return batch;
  const data = new Float32Array(rows * rowSize(batch));
  data.set(batch.data);
  return { shape: [rows, ...batch.shape.slice(1)], data };
}

/** The numbers of a loss for the samples `[start, end)`, filled up as the inputs are. */
function partOf(loss: LossSpec, start: number, end: number, samples: number, rows: number): LossSpec {
  if (loss.kind === 'weighted-sum') {
    throw new AssayError('plugin', { what: 'robustness during training is measured by one loss' });
  }
  const part = (numbers: Float64Array): Float64Array => {
    const width = numbers.length / samples;
    const own = new Float64Array(rows * width);
    own.set(numbers.subarray(start * width, end * width));
    return own;
  };
  const numbers = Object.entries(loss).map(([field, value]) => [
    field,
    value instanceof Float64Array ? part(value) : value,
  ]);
  return Object.fromEntries(numbers) as LossSpec;
}

function joined(parts: readonly Tensor[]): Tensor {
  const rows = parts.reduce((sum, part) => sum + rowsOf(part), 0);
  const size = parts[0] === undefined ? 0 : rowSize(parts[0]);
  const data = new Float32Array(rows * size);
  let start = 0;
  for (const part of parts) {
    data.set(part.data, start);
    start += part.data.length;
  }
  return { shape: [rows, ...(parts[0]?.shape.slice(1) ?? [])], data };
}
