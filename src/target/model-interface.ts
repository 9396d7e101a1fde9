import { decodeModel, type ModelBytes } from '#engine/index';

/** An input or output of a model, as its file declares it. A dimension is its size, the name of a symbol, or null. */
export interface DeclaredValue {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string | null)[];
}

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
export function modelInterface(model: ModelBytes): ModelInterface {
  const { inputs, outputs } = decodeModel(model);
  const declared = ({ name, type, shape }: (typeof inputs)[number]): DeclaredValue => ({
    name,
    type,
    shape: shape ?? [],
  });
  return { inputs: inputs.map(declared), outputs: outputs.map(declared) };
}
