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

  // What CI runs of it is out of the archive for machines with a GPU: `gpu/check.sh --brief`.
  test.each([
    { kind: 'model', file: 'fashion-mlp.onnx' },
    { kind: 'model', file: 'fashion-cnn.onnx' },
    { kind: 'training' },
  ] as const)(
    'a whole model, and samples alone as among others: %j',
    async (comparison) => {
      const webgpu = DeviceProcess.start(await bundleDeviceWorker(), 'webgpu', SOFTWARE_VULKAN);
      const { compared, problems } = await webgpu.compare(comparison);
      webgpu.dispose();
      expect(problems).toEqual([]);
      expect(compared).toBeGreaterThan(5);
    },
    LONGEST_MS,
  );
});
