import { AssayError } from '#base/errors';
import type { EngineModel, EngineSpec, ModelBytes } from '../contract.js';
import { formatOf } from '../formats/format.js';
import { lowerToOnnx } from '../formats/lower.js';
import type { Lowered } from '../formats/lowered.js';
import { backend, type Backend } from './backend.js';
import { openOnnxFile } from './model.js';
import type { Executable } from './models/executable.js';
import { openForeignModel } from './models/foreign-model.js';
import { openGraphModel } from './models/graph-model.js';
import { openLayersModel } from './models/layers-model.js';
import { openSavedModel } from './models/saved-model.js';

/** Opens whatever this engine executes; told by its content. */
export async function openModel(model: ModelBytes, spec: EngineSpec): Promise<EngineModel> {
  switch (formatOf(model)) {
    case 'tfjs-layers':
      return asItIs(
        () => openLayersModel(model),
        spec,
        () => lowerToOnnx(model, 'tfjs-layers'),
      );
    case 'tfjs-graph':
      return asItIs(
        () => openGraphModel(model),
        spec,
        () => lowerToOnnx(model, 'tfjs-graph'),
      );
    case 'saved-model':
      return asItIs(
        (used) => openSavedModel(model, used),
        spec,
        () => lowerToOnnx(model, 'saved-model'),
      );
    case 'keras':
    case 'keras-h5':
      throw new AssayError('model', {
        where: model.main,
        what: 'the tfjs engine opens ONNX files, the `model.json` of TensorFlow.js and SavedModels',
        mend: 'Convert the model with `tensorflowjs_converter`.',
      });
    case 'onnx':
    case null:
      return openOnnxFile(model, spec);
  }
}

async function asItIs(
  open: (used: Backend) => Promise<Executable>,
  spec: EngineSpec,
  lower: () => Promise<Lowered>,
): Promise<EngineModel> {
  const used = await backend();
  const executable = await open(used);
  try {
    return await openForeignModel(executable, spec, used, {
      problem: await whyUntrainable(lower),
      open: async () => openOnnxFile((await lower()).model, spec),
    });
  } catch (error) {
    executable.dispose();
    throw error;
  }
}

/** Only a graph of ONNX can be written back with other weights. */
async function whyUntrainable(lower: () => Promise<Lowered>): Promise<string | null> {
  try {
    await lower();
    return null;
  } catch (thrown) {
    if (thrown instanceof AssayError && thrown.code === 'operator') return thrown.what;
    throw thrown;
  }
}
