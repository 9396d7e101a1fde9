// Nothing here imports `onnxruntime-node`: the provider is loaded ahead of it.
export { cudaInstallation, type CudaInstallation } from './installation.js';
export { loadCudaProvider, type CudaProvider } from './load.js';
export type { Pip } from './pip.js';
export { proveCuda, type CudaProof } from './prove.js';
export { installCuda, removeCuda } from './setup.js';
