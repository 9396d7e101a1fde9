import { AssayError, messageOf } from '#base/errors';
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

/**
 * As TensorFlow.js executes it by itself; as a graph where it fails at that, which it does for some loops of its own converter,
 * and where the graph exists. The report says so.
 */
async function asItIs(
  open: (used: Backend) => Promise<Executable>,
  spec: EngineSpec,
  lower: () => Promise<Lowered>,
): Promise<EngineModel> {
  const used = await backend();
  const executable = await open(used);
  const problem = await whyUntrainable(lower);
  const openGraph = async (): Promise<EngineModel> => openOnnxFile((await lower()).model, spec);
  try {
    return await openForeignModel(executable, spec, used, { problem, open: openGraph });
  } catch (error) {
    executable.dispose();
    if (error instanceof AssayError) throw error;
    const what = `TensorFlow.js fails to execute the ${executable.kind} by itself (${messageOf(error)})`;
    if (problem !== null) throw new AssayError('model', { where: executable.name, what, cause: error });
    return noted(await openGraph(), `${what}: its graph is executed operator by operator`);
  }
}

function noted(model: EngineModel, note: string): EngineModel {
  const facts = { ...model.facts, notes: [note, ...model.facts.notes] };
  return {
    facts,
    layers: () => model.layers(),
    scores: (inputs) => model.scores(inputs),
    gradient: (inputs, loss) => model.gradient(inputs, loss),
    jacobian: (inputs, indices) => model.jacobian(inputs, indices),
    atLayer: (inputs, loss, layer) => model.atLayer(inputs, loss, layer),
    propagate: (inputs, scores, propagation) => model.propagate(inputs, scores, propagation),
    trainer: (options) => model.trainer(options),
    copies: model.copies,
    dispose: () => model.dispose(),
  };
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
