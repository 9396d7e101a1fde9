import { AssayError } from '#base/errors';
import type { ModelBytes } from '../contract.js';
import type { ModelFormat } from './format.js';
import { asStored, type Lowered, type Seen } from './lowered.js';

/**
 * Writes a model of another format as an ONNX graph. What reads a format is loaded when the first model of it comes.
 *
 * @param seen weights of Keras' formats on their way
 * @throws AssayError `operator` where a layer or operation has no form in ONNX, `model` where the file is broken
 */
export async function lowerToOnnx(model: ModelBytes, format: ModelFormat, seen: Seen = asStored): Promise<Lowered> {
  switch (format) {
    case 'onnx':
      return { model, notes: [] };
    case 'keras':
    case 'keras-h5':
      return (await import('./keras/index.js')).lowerKeras(model, seen);
    case 'tfjs-layers':
      return (await import('./keras/index.js')).lowerLayersModel(model, seen);
    case 'tfjs-graph':
      return (await import('./graph-model/index.js')).lowerGraphModel(model);
    case 'saved-model':
      throw new AssayError('operator', {
        where: model.main,
        what: 'a SavedModel of TensorFlow has no form in ONNX without TensorFlow',
        mend: 'Convert it with `python -m tf2onnx.convert --saved-model`.',
      });
  }
}
