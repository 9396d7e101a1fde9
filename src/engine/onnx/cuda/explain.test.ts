import { explainCuda } from './explain.js';

const SIGNATURE =
  '/onnxruntime_src/cuda_call.cc:146 std::conditional_t<THRW, void, Status> onnxruntime::CudaCall(ERRTYPE, const char*) [with ERRTYPE = cudaError; bool THRW = true]';
const PLACE =
  '; GPU=-1 ; hostname=host ; file=cuda_execution_provider.cc ; line=352 ; expr=cudaSetDevice(info_.device_id);';

/** What ONNX Runtime 1.30.0 said on a machine without a GPU, with drivers of two kinds and with none. */
test.each([
  [
    `${SIGNATURE} CUDA failure 100: no CUDA-capable device is detected ${PLACE}`,
    '',
    'CUDA failure 100: no CUDA-capable device is detected',
    /NVIDIA GPU/,
  ],
  [
    `${SIGNATURE} CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ${PLACE}`,
    '',
    'CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version',
    /580/,
  ],
  [
    'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
    '[E:onnxruntime] Failed to load library /x/libonnxruntime_providers_cuda.so with error: libcuda.so.1: cannot open shared object file\n',
    'its provider cannot be loaded (libcuda.so.1: cannot open shared object file)',
    /assay setup onnx --gpu/,
  ],
])('%s', (sentence, log, because, mend) => {
  expect(explainCuda(sentence, log)).toEqual({ because, mend: expect.stringMatching(mend) as string });
});

test('what is nothing of CUDA is left to others', () => {
  expect(explainCuda('it computes something else than the CPU (by 0.1)', 'a warning')).toBeNull();
});
