// How fast this machine is at the moment: what stands beside times for which no peer installs.
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/** Seconds of SHA-256 of 256 MiB, and of a sort of 10 million integers. */
export function calibration() {
  const block = Buffer.alloc(2 ** 28);
  const numbers = Int32Array.from({ length: 1e7 }, (_, i) => Math.imul(i, 0x9e3779b1));
  return {
    sha256: seconds(() => createHash('sha256').update(block).digest()),
    sort: seconds(() => numbers.sort()),
  };
}

function seconds(work) {
  const begin = performance.now();
  work();
  return (performance.now() - begin) / 1000;
}
