/** A GPU that is a program: SwiftShader, which Chromium brings along. What it needs is skipped where it is missing, and fails in CI. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';
const LOADERS = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/libvulkan.so.1`);

/** The environment of a process that finds this GPU and no other. */
export const SOFTWARE_VULKAN: Readonly<Record<string, string>> = { VK_DRIVER_FILES: DRIVER, XDG_RUNTIME_DIR: tmpdir() };

/** `describe` where the GPU is there. Prints why the tests are skipped, and throws in CI. */
export function describeOnVulkan(): jest.Describe {
  const missing = whyMissing();
  if (missing === null) return describe;
  if (process.env['CI']) throw new Error(missing);
  process.stderr.write(`skipped: ${missing}\n`);
  return describe.skip;
}

function whyMissing(): string | null {
  if (!existsSync(DRIVER)) return "Chromium's SwiftShader is not installed: nothing runs on WebGPU";
  if (!LOADERS.some((path) => existsSync(path))) return 'libvulkan1 is not installed: nothing runs on WebGPU';
  return null;
}
