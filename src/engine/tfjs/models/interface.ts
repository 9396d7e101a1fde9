import { AssayError } from '#base/errors';
import type { ValueInfo } from '../../onnx/graph/ir.js';
import type { Executable, ExecutableInput } from './executable.js';

const TYPES: Readonly<Record<string, ValueInfo['type']>> = { float32: 'float32', int32: 'int32', bool: 'bool' };

export function valueInfo({ name, dtype, shape }: ExecutableInput): ValueInfo {
  return { name, type: TYPES[dtype] ?? 'other', shape: shape?.map((size) => size) ?? null };
}

/** The input under attack: the named one, the only one, or the only one of real numbers. */
export function chosenInput({ name: where, inputs }: Executable, wanted: string | null): ExecutableInput {
  const listed = inputs.map(({ name }) => `\`${name}\``).join(', ');
  const named = inputs.find(({ name }) => name === wanted);
  if (named !== undefined) return named;
  if (wanted !== null) {
    throw new AssayError('model', { where, what: `there is no input \`${wanted}\``, mend: `It has ${listed}.` });
  }
  const real = inputs.filter(({ dtype }) => dtype === 'float32');
  const [only, ...others] = real.length === 0 ? inputs : real;
  if (only !== undefined && others.length === 0) return only;
  throw new AssayError('model', {
    where,
    what: `the model has ${inputs.length} inputs (${listed})`,
    mend: 'Name the one under attack.',
  });
}

export function chosenOutput({ name: where, outputs }: Executable, wanted: string | null): string {
  const listed = outputs.map((name) => `\`${name}\``).join(', ');
  if (wanted !== null && !outputs.includes(wanted)) {
    throw new AssayError('model', { where, what: `there is no output \`${wanted}\``, mend: `It has ${listed}.` });
  }
  const [only, ...others] = outputs;
  const chosen = wanted ?? (others.length === 0 ? only : undefined);
  if (chosen !== undefined) return chosen;
  throw new AssayError('model', {
    where,
    what: `the model has ${outputs.length} outputs (${listed})`,
    mend: 'Name the one to audit as `target.output`.',
  });
}
