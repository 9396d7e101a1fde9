import { describeOnVulkan } from '../../../../test/software-vulkan.js';
import { WebGpuProcess } from '../../../../test/webgpu-process.js';
import { OPERATOR_FAMILIES } from '../../../../test/operator-cases.js';

describeOnVulkan()('WebGPU, on a GPU that is a program, gives what the CPU gives', () => {
  let webgpu: WebGpuProcess;

  beforeAll(async () => {
    webgpu = await WebGpuProcess.start();
  });

  afterAll(() => {
    webgpu.dispose();
  });

  test.each(OPERATOR_FAMILIES)('gradients of every kind of %s operator', async (family) => {
    const { compared, problems } = await webgpu.ask({ kind: 'operators', family, cases: 'chosen' });
    expect(problems).toEqual([]);
    expect(compared).toBeGreaterThan(0);
  });

  test('scores, gradients and Jacobian of a model, and samples alone as among others', async () => {
    const { compared, problems } = await webgpu.ask({ kind: 'model', file: 'fashion-mlp.onnx' });
    expect(problems).toEqual([]);
    expect(compared).toBe(6);
  });

  test('a step of training, with normalization by the batch and dropout', async () => {
    const { compared, problems } = await webgpu.ask({ kind: 'training' });
    expect(problems).toEqual([]);
    expect(compared).toBeGreaterThan(20);
  });
});
