import type { CompiledLoss } from './losses.js';
import type { RuntimeValue } from './session.js';

/** Labels as a loss takes them; a fixed batch is filled up with zeros. */
export function labelFeed(
  form: CompiledLoss['labels'],
  labels: Float64Array,
  rows: number,
  width: number,
): RuntimeValue {
  if (form === 'rows') {
    const data = new Float32Array(rows * width);
    data.set(labels);
    return { type: 'float32', shape: [rows, width], data };
  }
  const data = new BigInt64Array(rows);
  labels.forEach((label, i) => (data[i] = BigInt(label)));
  return { type: 'int64', shape: [rows], data };
}
