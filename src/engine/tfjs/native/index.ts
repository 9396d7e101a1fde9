// Nothing here imports TensorFlow.js, which takes time to load: `load.ts` does, for those that run it.
export { describeNativeTensorFlow, type NativeTensorFlowDescription } from './describe.js';
export { removeTensorFlow, setUpTensorFlow, type TensorFlowSetup } from './setup.js';
