import { describeOnVulkan, SOFTWARE_VULKAN } from '../../../../test/software-vulkan.js';
import { DeviceProcess } from '../../../../test/device-process.js';
import { bundleDeviceWorker } from '../../../../test/worker-bundle.js';
import { OPERATOR_FAMILIES, operatorCases } from '../../../../test/operator-cases.js';

const LONGEST_MS = 1_800_000;

describeOnVulkan()('all of WebGPU, on a GPU that is a program', () => {
  test.each(OPERATOR_FAMILIES)(
    'every case of %s operators',
    async (family) => {
      const webgpu = DeviceProcess.start(await bundleDeviceWorker(), 'webgpu', SOFTWARE_VULKAN);
      const { compared, largest, problems } = await webgpu.compare({ kind: 'operators', family, cases: 'all' });
      webgpu.dispose();
      console.info(
        `${family}: ${operatorCases(family).length} cases, ${compared} arrays, ${largest.toExponential(1)} at most`,
      );
      expect(problems).toEqual([]);
    },
    LONGEST_MS,
  );

  test(
    'a convolutional model, and samples alone as among others',
    async () => {
      const webgpu = DeviceProcess.start(await bundleDeviceWorker(), 'webgpu', SOFTWARE_VULKAN);
      const { problems } = await webgpu.compare({ kind: 'model', file: 'fashion-cnn.onnx' });
      webgpu.dispose();
      expect(problems).toEqual([]);
    },
    LONGEST_MS,
  );
});
