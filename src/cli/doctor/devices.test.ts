import type { DeviceProof } from '#engine/index';
import { colorsFor } from '../io.js';
import { deviceLines } from './devices.js';

const colors = colorsFor(process.stdout, { NO_COLOR: '1' });

const works = { works: true, cpuMilliseconds: 9, rssMiB: 100, software: false, adapter: null } as const;
const PROOFS: readonly DeviceProof[] = [
  { ...works, device: 'cpu', milliseconds: 9 },
  { ...works, device: 'webgpu', milliseconds: 8 },
];

test('a device that is hardly faster is not said to be slower', () => {
  const [cpu, webgpu] = deviceLines(PROOFS, 'cpu', colors).map(([, line]) => line);
  expect(cpu).toMatch(/`auto` takes it/);
  expect(webgpu).toMatch(/8 ms, 9 ms on the CPU .*`auto` does not take it: it is not 1.5 times as fast as the CPU/);
});

test('what is taken instead is named', () => {
  const [cpu] = deviceLines(PROOFS, 'webgpu', colors).map(([, line]) => line);
  expect(cpu).toMatch(/`auto` does not take it: webgpu is faster/);
});
