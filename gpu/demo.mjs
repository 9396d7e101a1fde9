// The demo on a device and on the CPU: the same robust accuracies.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assay } from './product.mjs';

const MOST_POINTS = 0.2;
/** Of a few hundred images one is more than that. */
const MOST_IMAGES = 1;

export async function checkDemo(device, flags) {
  const folder = mkdtempSync(join(tmpdir(), 'assay-gpu-'));
  try {
    const onCpu = await audit('cpu', flags, folder);
    const onDevice = await audit(device, flags, folder);
    const names = Object.keys(onCpu.accuracies);
    const apart = (name) => Math.abs(onCpu.accuracies[name] - onDevice.accuracies[name]);
    const largest = 100 * Math.max(...names.map(apart));
    return {
      // Not a number where one side lacks it.
      passed: names.length > 0 && names.every((name) => isClose(apart(name), onCpu.images[name])),
      summary: `${names.length} robust accuracies, ${largest.toFixed(2)} points at most from the CPU's`,
      accuracies: { cpu: onCpu.accuracies, [device]: onDevice.accuracies },
      seconds: { cpu: onCpu.seconds, [device]: onDevice.seconds },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Shares of the same images are compared in whole ones: their difference is rounded. */
function isClose(difference, images) {
  return Math.round(difference * images) <= Math.max(MOST_IMAGES, (MOST_POINTS / 100) * images);
}

async function audit(device, flags, out) {
  const start = performance.now();
  const audits = await assay(['demo', '--device', device, '--out', out, '--quiet', '--json', ...flags]);
  const seconds = (performance.now() - start) / 1000;
  const measured = audits.flatMap(({ model, run }) => {
    const { target, findings } = JSON.parse(readFileSync(join(run, 'report.json'), 'utf8'));
    if (target.device !== device) throw new Error(`the demo ran on ${target.device}`);
    return findings.flatMap(({ audit, measures }) =>
      measures
        .filter(({ id, value }) => id.startsWith('robust-accuracy') && value !== null)
        .map(({ label, value, n }) => ({ name: `${model}, ${audit}: ${label}`, value, n })),
    );
  });
  return {
    seconds,
    accuracies: Object.fromEntries(measured.map(({ name, value }) => [name, value])),
    images: Object.fromEntries(measured.map(({ name, n }) => [name, n])),
  };
}
