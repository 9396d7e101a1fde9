import type { DeviceProof, WorkingDevice } from './prove.js';
import { fastestOf, resolveDevice } from './resolve.js';

const working = (
  device: WorkingDevice['device'],
  milliseconds: number,
  software: boolean | null = false,
): DeviceProof => ({
  device,
  works: true,
  milliseconds,
  cpuMilliseconds: 40,
  rssMiB: 100,
  software,
  adapter: null,
});
const failing: DeviceProof = { device: 'cuda', works: false, because: 'no driver', mend: null };

test.each<[string, readonly DeviceProof[], string]>([
  ['nothing was proved', [], 'cpu'],
  ['nothing works', [failing], 'cpu'],
  ['a GPU is faster', [working('webgpu', 4), failing], 'webgpu'],
  ['one of two is faster', [working('webgpu', 4), working('cuda', 2)], 'cuda'],
  ['it cannot be told what it is, and it is faster', [working('webgpu', 4, null)], 'webgpu'],
  ['a GPU is slower than the CPU', [working('webgpu', 50)], 'cpu'],
  ['a GPU is as slow as the CPU, as the CPU itself', [working('cpu', 40), working('webgpu', 40)], 'cpu'],
  // As it was on an H100, where attacks took 4 to 6 times as long on WebGPU as on the CPU.
  ['a GPU is hardly faster', [{ ...working('webgpu', 8.15), cpuMilliseconds: 8.54 } as DeviceProof], 'cpu'],
  ['a GPU is just below 1.5 times as fast', [working('cuda', 26.7)], 'cpu'],
  ['a GPU is just above 1.5 times as fast', [working('cuda', 26.6)], 'cuda'],
  ['a program that plays a GPU claims to be faster', [working('webgpu', 4, true)], 'cpu'],
])('where %s', (_, proofs, device) => {
  expect(fastestOf(proofs)).toBe(device);
});

test('where each was compared with the CPU at another time, the shares count', () => {
  const slowMachine = { ...working('cuda', 5), cpuMilliseconds: 1000 } as DeviceProof;
  expect(fastestOf([working('webgpu', 4), slowMachine])).toBe('cuda');
});

test('the CPU is there without being proved', async () => {
  const start = performance.now();
  expect(await resolveDevice('cpu')).toBe('cpu');
  expect(performance.now() - start).toBeLessThan(50);
});
