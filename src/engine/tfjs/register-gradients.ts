// The packages of TensorFlow.js for Node carry neither gradients nor operations as methods of tensors, which gradients and the
// executor of GraphModels call; these are its own. They are ES modules without file extensions, which Node does not link:
// the build puts them into this file.
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
