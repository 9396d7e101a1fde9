import { join } from 'node:path';
import { temporaryFolder } from '../../../../test/temporary-folder.js';
import { proveDevice, type ProveOptions } from './prove.js';

// The parent's side, against real processes that misbehave as drivers do. The child's side is in devices.e2e.ts.

/** What comes of a device that is tried by a program. */
function proofBy(program: string, options: ProveOptions = {}) {
  const folder = temporaryFolder({ 'prove.mjs': program });
  return proveDevice('webgpu', { entry: join(folder, 'prove.mjs'), ...options });
}
const works = `{ kind: 'works', milliseconds: 2, cpuMilliseconds: 30, rssMiB: 100, drivers: [] }`;

test('a driver that ends the process is a sentence', async () => {
  expect(await proofBy(`process.kill(process.pid, 'SIGSEGV');`)).toEqual({
    device: 'webgpu',
    works: false,
    because: 'the process that tried it died (SIGSEGV)',
    mend: null,
  });
});

test('a driver that hangs is stopped in time', async () => {
  const start = performance.now();
  expect(await proofBy(`for (;;) {}`, { timeoutMs: 1500 })).toMatchObject({
    works: false,
    because: 'it gave no answer within 1.5 s',
  });
  expect(performance.now() - start).toBeLessThan(30_000);
});

test('a driver that hangs or dies behind its answer has answered', async () => {
  for (const end of ['for (;;) {}', `process.kill(process.pid, 'SIGSEGV')`]) {
    const proof = await proofBy(`process.send(${works}, () => { ${end} });`);
    expect(proof).toMatchObject({ device: 'webgpu', works: true, milliseconds: 2, cpuMilliseconds: 30 });
  }
});

test('what a driver writes tells why it does not work', async () => {
  const proof = await proofBy(`
    process.stderr.write("Warning: Couldn't load Vulkan: libvulkan.so.1: no such file\\n");
    process.send({ kind: 'fails', sentence: 'Failed to get a WebGPU adapter: No supported adapters' }, () => process.exit());`);
  expect(proof).toMatchObject({
    works: false,
    because: expect.stringMatching(/^the Vulkan loader .* is not installed/) as string,
  });
});

test('a sentence is split from what to do about it', async () => {
  const proof = await proofBy(`process.send({ kind: 'fails', sentence: 'It is not installed. Run it.' });`);
  expect(proof).toMatchObject({ works: false, because: 'It is not installed', mend: 'Run it.' });
});

test('an interruption ends the process, and is no result', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 500);
  await expect(proofBy(`for (;;) {}`, { signal: controller.signal })).rejects.toMatchObject({ code: 'interrupted' });
  await expect(proofBy(`for (;;) {}`, { signal: controller.signal })).rejects.toMatchObject({ code: 'interrupted' });
});
