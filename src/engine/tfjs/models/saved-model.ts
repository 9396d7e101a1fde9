import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';
import { AssayError, messageOf } from '#base/errors';
import type { ModelBytes } from '../../contract.js';
import {
  checkSavedModel,
  servingSignature,
  withoutNativeTensorFlow,
  type SavedModelFacts,
  type SavedTensor,
} from '../../formats/saved-model/index.js';
import type { Backend } from '../backend.js';
import { loadNativeTensorFlow, type NodeApi } from '../native/load.js';
import type { Executable, ExecutableInput } from './executable.js';

const WHY_NO_GRADIENTS =
  'a SavedModel gives scores only: TensorFlow.js does not record what runs in it; convert it to ONNX with ' +
  '`python -m tf2onnx.convert` for gradients';

/**
 * Opens a SavedModel on native TensorFlow, once every operator of it was found on the list of those that compute. TensorFlow reads a
 * private copy of the bytes that were checked and hashed, without assets, which is gone when the weights are in memory.
 *
 * @throws AssayError `model` where the model is refused, TensorFlow does not take it, or native TensorFlow is not there
 */
export async function openSavedModel(model: ModelBytes, used: Backend): Promise<Executable> {
  const facts = checkSavedModel(model);
  const signature = servingSignature(model, facts);
  const native = loadNativeTensorFlow();
  if (used.forward !== 'tensorflow' || native.state !== 'loaded') throw withoutNativeTensorFlow(model.main);
  const loaded = await loadedFrom(model, native.node, facts, signature.name);
  return {
    name: model.main,
    kind: 'SavedModel',
    inputs: signature.inputs.map(inputOf),
    outputs: signature.outputs.map(({ key }) => key),
    layers: [],
    embedding: null,
    noGradients: WHY_NO_GRADIENTS,
    logits: () => null,
    run: (given, output) => {
      const results = loaded.predict(Object.fromEntries(given), {}) as NamedTensorMap;
      return only(model, results, output);
    },
    runAt: () => {
      throw new AssayError('operator', { where: model.main, what: WHY_NO_GRADIENTS });
    },
    dispose: () => {
      loaded.dispose();
    },
  };
}

/** TensorFlow takes a folder, and reads the weights when it opens it. */
async function loadedFrom(
  model: ModelBytes,
  node: NodeApi,
  { tags }: SavedModelFacts,
  signature: string,
): Promise<Awaited<ReturnType<NodeApi['loadSavedModel']>>> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-saved-model-'));
  try {
    await chmod(folder, 0o700);
    for (const [name, bytes] of model.files) {
      const path = join(folder, name === model.main ? 'saved_model.pb' : name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
    }
    return await node.loadSavedModel(folder, [...tags], signature);
  } catch (cause) {
    const what = `TensorFlow does not open the SavedModel: ${messageOf(cause).replaceAll(folder, '').slice(0, 300)}`;
    throw new AssayError('model', { where: model.main, what, cause });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** TensorFlow.js has one type of integers, and hands them over as the model has them. */
function inputOf({ key, dtype, shape }: SavedTensor): ExecutableInput {
  return { name: key, dtype: dtype === 'int64' ? 'int32' : dtype, shape };
}

function only(model: ModelBytes, results: NamedTensorMap, output: string): Tensor {
  for (const [name, tensor] of Object.entries(results)) if (name !== output) tensor.dispose();
  const result = results[output];
  if (result !== undefined) return result;
  throw new AssayError('model', { where: model.main, what: `the model gives no \`${output}\`` });
}
