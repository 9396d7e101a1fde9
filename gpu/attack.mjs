// PGD-40 on a device, on the CPU and in PyTorch: what it leaves standing, and how long it takes.
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { median, startPeer } from '../bench/peer.mjs';
import { startDevice } from './product.mjs';

/** Of robust accuracy. */
const MOST_POINTS = 0.2;

export async function checkAttack(device, { attack: model, images, repetitions }, python) {
  const request = { kind: 'attack', model, images };
  const cpu = startDevice('cpu');
  const gpu = startDevice(device);
  const torch = await startTorch(python, model, images);
  const rows = [];
  for (let i = 0; i < repetitions; i++) {
    rows.push({
      cpu: await cpu.attack(request),
      gpu: await gpu.attack(request),
      torch: torch.peer === null ? null : { seconds: await torch.peer.run() },
    });
  }
  cpu.dispose();
  gpu.dispose();
  torch.peer?.stop();

  const [{ cpu: onCpu, gpu: onDevice }] = rows;
  const robust = { cpu: share(onCpu.robust), [device]: share(onDevice.robust) };
  const differing = onCpu.robust.filter((withstands, i) => withstands !== onDevice.robust[i]).length;
  const ratio = median(rows.map((row) => row.gpu.seconds / row.cpu.seconds));
  const ratioToTorch = torch.peer === null ? null : median(rows.map((row) => row.gpu.seconds / row.torch.seconds));
  const points = Math.abs(robust.cpu - robust[device]) * 100;
  return {
    passed: points <= MOST_POINTS && rows.every((row) => isSame(row.gpu.robust, onDevice.robust)),
    summary:
      `robust accuracy ${percent(robust[device])}, ${percent(robust.cpu)} on the CPU, ${differing} of ${images} images differ; ` +
      `${ratio.toPrecision(2)} x the CPU's time, ${ratioToTorch?.toPrecision(2) ?? '-'} x PyTorch's (${torch.what})`,
    model,
    images,
    robust,
    differing,
    seconds: { cpu: median(rows.map((row) => row.cpu.seconds)), [device]: median(rows.map((row) => row.gpu.seconds)) },
    ratioToCpu: ratio,
    torch: { what: torch.what, ratio: ratioToTorch },
  };
}

/** On a GPU where PyTorch sees one. */
async function startTorch(python, model, images) {
  const { status } = spawnSync(python, ['-c', 'import onnx, torch'], { stdio: 'ignore' });
  if (status !== 0) return { peer: null, what: `${python} has none` };
  const file = fileURLToPath(new URL(`../fixtures/models/${model}.onnx`, import.meta.url));
  const threads = String(availableParallelism());
  const count = ['--count', String(images), '--threads', threads];
  const peer = await startPeer(python, 'pgd_torch.py', [
    '--mode',
    'time',
    '--model',
    file,
    '--device',
    'auto',
    ...count,
  ]);
  return { peer, what: `${peer.ready.torch} on ${peer.ready.device}` };
}

function share(bits) {
  return bits.filter(Boolean).length / bits.length;
}

function percent(rate) {
  return `${(100 * rate).toFixed(1)} %`;
}

function isSame(bits, others) {
  return bits.every((bit, i) => bit === others[i]);
}
