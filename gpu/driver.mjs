import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What the driver says of itself; null where none does. */
export function graphicsDriver() {
  const query = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'];
  const { status, stdout } = spawnSync('nvidia-smi', query, { encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  return firstLineOf('/proc/driver/nvidia/version') ?? firstLineOf('/sys/module/amdgpu/version');
}

function firstLineOf(path) {
  try {
    return readFileSync(path, 'utf8').split('\n')[0];
  } catch {
    return null;
  }
}
