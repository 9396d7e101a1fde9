// Nothing here imports `onnxruntime-node`: the provider is loaded ahead of it.
export { explainCuda } from './explain.js';
export { cudaInstallation } from './installation.js';
export { loadCudaProvider } from './load.js';
export { installCuda, removeCuda } from './setup.js';
