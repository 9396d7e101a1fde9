import { AssayError } from '#base/errors';
import { rowsOf, type Tensor } from '#base/tensor';
import { tokenInputs, type EngineInputs, type TokenInput } from '#engine/index';
import type { TargetModel } from '../formats/prepare.js';

/** What a model takes beside its tokens: 1 where there is text, 0 everywhere, or the place of each token. */
type Beside = 'mask' | 'types' | 'positions';

/** As transformers and the original BERT name them. */
const USUAL: ReadonlyMap<string, Beside> = new Map([
  ['attention_mask', 'mask'],
  ['input_mask', 'mask'],
  ['token_type_ids', 'types'],
  ['segment_ids', 'types'],
  ['input_type_ids', 'types'],
  ['position_ids', 'positions'],
]);

/** By which names a model takes a text. */
export interface TextInputs {
  /** The input of token ids. */
  readonly ids: string;
  /** How many tokens the file fixes; null where it leaves that open. */
  readonly length: number | null;
  /** Rows of its table of embeddings. */
  readonly vectors: number;
  readonly beside: ReadonlyMap<string, Beside>;
}

/**
 * Finds out how a model takes a text: ids under the input that is embedded, all else by its usual name.
 *
 * @throws AssayError `model` where an input is left whose meaning is not known, or none takes tokens
 */
export function textInputsOf(model: TargetModel): TextInputs {
  const where = model.main;
  if ((model.executed ?? 'onnx') !== 'onnx') {
    throw new AssayError('model', {
      where,
      what: 'a model that TensorFlow.js executes as it is takes no texts in this version',
      mend: 'Export it as ONNX.',
    });
  }
  const inputs = tokenInputs(model);
  const beside = new Map(inputs.flatMap(({ name }) => besideOf(name)));
  const [ids, ...others] = inputs.filter(({ name }) => !beside.has(name)).sort(embeddedFirst);
  if (ids === undefined || ids.vectors === null) {
    throw new AssayError('model', {
      where,
      what: 'no input of the model chooses rows of a table of embeddings, as tokens do',
      mend: 'Export it with token ids as its input.',
    });
  }
  const [unknown] = others;
  if (unknown !== undefined) {
    throw new AssayError('model', {
      where,
      what: `the model takes \`${unknown.name}\` beside the tokens \`${ids.name}\`, and Assay does not know what to give it`,
      mend: 'Export it with no other inputs than attention_mask, token_type_ids and position_ids beside them.',
    });
  }
  return { ids: ids.name, length: lengthIn(ids, where), vectors: ids.vectors, beside };
}

/** Likewise; null for a model that takes no texts, or in a way that is not known. */
export function textInputsIfAny(model: TargetModel): TextInputs | null {
  try {
    return textInputsOf(model);
  } catch (thrown) {
    if (thrown instanceof AssayError) return null;
    throw thrown;
  }
}

function besideOf(name: string): readonly (readonly [string, Beside])[] {
  const meaning = USUAL.get(name);
  return meaning === undefined ? [] : [[name, meaning]];
}

function embeddedFirst(a: TokenInput, b: TokenInput): number {
  return Number(b.vectors !== null) - Number(a.vectors !== null);
}

function lengthIn({ name, shape }: TokenInput, where: string): number | null {
  if (shape === null || shape.length === 0) return null;
  const [, length] = shape;
  if (shape.length === 2) return typeof length === 'number' && length > 0 ? length : null;
  throw new AssayError('model', {
    where,
    what: `the input \`${name}\` has ${shape.length} axes, and a batch of texts has two: [n, length]`,
  });
}

/**
 * Everything that a model takes for token ids, by name.
 *
 * @param ids [n, length], whole numbers
 * @param padding the id that fills texts up: the mask is 0 there; null where there is none
 */
export function engineInputs({ ids: name, beside }: TextInputs, ids: Tensor, padding: number | null): EngineInputs {
  const values = { mask: maskOf, types: typesOf, positions: positionsOf };
  return new Map([
    [name, ids],
    ...[...beside].map(([input, meaning]) => [input, values[meaning](ids, padding)] as const),
  ]);
}

function maskOf({ shape, data }: Tensor, padding: number | null): Tensor {
  return { shape, data: data.map((id) => (id === padding ? 0 : 1)) };
}

function typesOf({ shape, data }: Tensor): Tensor {
  return { shape, data: new Float32Array(data.length) };
}

/** Counted from the first token that is no padding: of texts that are padded on the left too, the text begins at 0. */
function positionsOf(ids: Tensor, padding: number | null): Tensor {
  const length = ids.shape[1] ?? 0;
  const data = new Float32Array(ids.data.length);
  for (let row = 0; row < rowsOf(ids); row++) {
    const start = row * length;
    let first = 0;
    while (first < length - 1 && ids.data[start + first] === padding) first++;
    for (let i = first; i < length; i++) data[start + i] = i - first;
  }
  return { shape: ids.shape, data };
}
