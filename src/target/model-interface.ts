import { AssayError } from '#base/errors';
import { decodeModel, describeOnnxModel } from '#engine/index';
import type { DeclaredValue } from '#report/report';
import type { TargetModel } from './formats/prepare.js';
import { tensorflowInterface } from './formats/tensorflow-interface.js';

export interface ModelInterface {
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
}

/**
 * What a model takes and gives, read from its file without executing anything. A value whose shape the file does not
 * declare has none: its list is empty.
 *
 * @throws AssayError `model` for a file that is not a whole, sound model
 */
export function modelInterface(model: TargetModel): ModelInterface {
  const { executed = 'onnx' } = model;
  if (executed !== 'onnx') return tensorflowInterface(model, executed);
  const { inputs, outputs } = decodeModel(model);
  const declared = ({ name, type, shape }: (typeof inputs)[number]): DeclaredValue => ({
    name,
    type,
    shape: [...(shape ?? [])],
  });
  return { inputs: inputs.map(declared), outputs: outputs.map(declared) };
}

/**
 * The input and the output that are audited.
 *
 * @param output by name, or null where the model has to leave no choice
 * @param input likewise
 * @throws AssayError `model` where the choice is not clear
 */
export function auditedValues(
  model: TargetModel,
  output: string | null,
  input: string | null = null,
): { readonly input: DeclaredValue; readonly output: DeclaredValue } {
  const { inputs, outputs } = modelInterface(model);
  const chosen = (model.executed ?? 'onnx') === 'onnx' ? describeOnnxModel(model, output, input) : { input, output };
  return {
    input: one(inputs, chosen.input, 'input', model.main),
    output: one(outputs, chosen.output, 'output', model.main),
  };
}

function one(
  values: readonly DeclaredValue[],
  name: string | null,
  kind: 'input' | 'output',
  where: string,
): DeclaredValue {
  const named = name === null ? values : values.filter((value) => value.name === name);
  const [only, ...others] = named;
  if (only !== undefined && others.length === 0) return only;
  const listed = values.map((value) => `\`${value.name}\``).join(', ');
  if (name !== null)
    throw new AssayError('model', { where, what: `there is no ${kind} \`${name}\``, mend: `It has ${listed}.` });
  throw new AssayError('model', {
    where,
    what: `the model has ${values.length} ${kind}s${values.length === 0 ? '' : ` (${listed})`}`,
    mend: kind === 'output' ? 'Name the one to audit as `target.output`.' : 'Export it with a single input.',
  });
}
