import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { assay } from '../../../../test/cli.js';
import { temporaryFolder } from '../../../../test/temporary-folder.js';

/** The real wheels, through the pip of this machine: as far as a GPU, or to the driver that says that there is none. */

const PINNED = 'onnxruntime-gpu==1.30.0';
const reachable = (): boolean => {
  const args = ['-m', 'pip', 'download', '--no-deps', '--no-cache-dir', '--dest', temporaryFolder()];
  const tags = ['--only-binary=:all:', '--python-version=3.12', '--platform=manylinux_2_28_x86_64'];
  return spawnSync('python3', [...args, ...tags, PINNED], { timeout: 120_000 }).status === 0;
};
const fits = process.platform === 'linux' && process.arch === 'x64' && reachable();
if (!fits) console.warn(`skipped: ${PINNED} cannot be had here, so nothing can be installed`);

/** A driver without a GPU: the one symbol that ONNX Runtime links, and what the CUDA runtime asks it for. */
const DRIVER = `
#define _GNU_SOURCE
#include <dlfcn.h>
enum { NO_DEVICE = 100 };
int cuInit(unsigned flags) { return NO_DEVICE; }
int cuDriverGetVersion(int *version) { *version = 13000; return 0; }
int cuTensorMapEncodeTiled(void) { return NO_DEVICE; }
int none(void) { return NO_DEVICE; }
int cuGetProcAddress_v2(const char *name, void **address, int version, unsigned long flags, int *status) {
  *address = dlsym(RTLD_DEFAULT, name);
  if (!*address) *address = (void *)none;
  if (status) *status = 0;
  return 0;
}
int cuGetProcAddress(const char *name, void **address, int version, unsigned long flags) {
  return cuGetProcAddress_v2(name, address, version, flags, 0);
}
`;

/** Null where there is no C compiler. */
function driverWithoutDevice(): string | null {
  const folder = temporaryFolder({ 'driver.c': DRIVER });
  const args = ['-shared', '-fPIC', '-Wl,-soname,libcuda.so.1', '-o', join(folder, 'libcuda.so.1')];
  const { status } = spawnSync('cc', [...args, join(folder, 'driver.c'), '-ldl']);
  return status === 0 ? folder : null;
}

(fits ? describe : describe.skip)('assay setup onnx --gpu', () => {
  const cache = temporaryFolder();
  const setup = (flags: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    assay(['setup', 'onnx', '--gpu', ...flags], { env: { XDG_CACHE_HOME: cache, ...env } });

  test('installs, proves or says why not, installs nothing twice, and is undone', () => {
    const first = JSON.parse(setup(['--json']).stdout) as { folder: string; bytes: number; fetched: string };
    expect(first).toMatchObject({ version: '1.30.0', fetched: 'absent' });
    expect(first.bytes).toBeGreaterThan(2e9);
    const again = setup(['--json']);
    const second = JSON.parse(again.stdout) as { proof: { works: boolean } };
    expect(second).toMatchObject({ folder: first.folder, bytes: first.bytes, fetched: null });
    expect([again.code, second.proof.works]).toEqual(
      existsSync('/proc/driver/nvidia/version') ? [0, true] : [2, false],
    );

    const driver = driverWithoutDevice();
    if (driver === null) console.warn('skipped: there is no C compiler for a driver without a device');
    else {
      const { code, stdout } = setup(['--quiet'], { LD_LIBRARY_PATH: driver });
      expect(stdout).toContain('Unproved on hardware: CUDA failure 100: no CUDA-capable device is detected.');
      expect(code).toBe(2);
    }

    expect(setup(['--remove']).code).toBe(0);
    expect(readdirSync(cache)).toEqual([]);
  }, 600_000);
});
