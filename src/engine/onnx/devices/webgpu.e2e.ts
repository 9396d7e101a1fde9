import { describeOnVulkan, SOFTWARE_VULKAN } from '../../../../test/software-vulkan.js';
import { DeviceProcess } from '../../../../test/device-process.js';
import { bundleDeviceWorker } from '../../../../test/worker-bundle.js';
import { OPERATOR_FAMILIES } from '../../../../test/operator-cases.js';

describeOnVulkan()('WebGPU, on a GPU that is a program, gives what the CPU gives', () => {
  let webgpu: DeviceProcess;

  beforeAll(async () => {
    webgpu = DeviceProcess.start(await bundleDeviceWorker(), 'webgpu', SOFTWARE_VULKAN);
  });

  afterAll(() => {
    webgpu.dispose();
  });

  test.each(OPERATOR_FAMILIES)('gradients of every kind of %s operator', async (family) => {
    const { compared, problems } = await webgpu.compare({ kind: 'operators', family, cases: 'chosen' });
    expect(problems).toEqual([]);
    expect(compared).toBeGreaterThan(0);
  });

  test('scores, gradients and Jacobian of a model, and samples alone as among others', async () => {
    const { compared, problems } = await webgpu.compare({ kind: 'model', file: 'fashion-mlp.onnx' });
    expect(problems).toEqual([]);
    expect(compared).toBe(6);
  });

  test('a step of training, with normalization by the batch and dropout', async () => {
    const { compared, problems } = await webgpu.compare({ kind: 'training' });
    expect(problems).toEqual([]);
    expect(compared).toBeGreaterThan(20);
  });
});
