/** A process that computes on a device for device-process.ts: `device-worker DEVICE`. */
import { messageOf } from '#base/errors';
import type { Device } from '../src/engine/contract.js';
import { enableDevice } from '../src/engine/onnx/devices/runtime.js';
import { attack } from './device-attack.js';
import { compareModel, compareOperators, compareTraining, openFixture } from './device-comparisons.js';
import type { ComparisonResult } from './comparison.js';
import type { AttackRequest, ComparisonRequest, DeviceMessage } from './device-process.js';

const device = process.argv[2] as Device;

process.on('message', (request: ComparisonRequest | AttackRequest) => {
  answer(request).then(
    (result) => tell({ kind: 'done', result }),
    (thrown: unknown) => tell({ kind: 'failed', sentence: messageOf(thrown) }),
  );
});

let isReady = false;

async function answer(request: ComparisonRequest | AttackRequest): Promise<unknown> {
  await makeReady();
  return request.kind === 'attack' ? attack(device, request) : compare(request);
}

/** A device goes with its last session, and takes the compiled shaders along: one stays open. */
async function makeReady(): Promise<void> {
  if (isReady) return;
  isReady = true;
  begin('opening a model');
  enableDevice(device);
  await openFixture('fashion-mlp.onnx', device);
}

function compare(request: ComparisonRequest): Promise<ComparisonResult> {
  switch (request.kind) {
    case 'operators':
      return compareOperators(device, request, begin);
    case 'model':
      return compareModel(device, request.file, begin);
    case 'training':
      return compareTraining(device, begin);
  }
}

function begin(what: string): void {
  tell({ kind: 'begun', what });
}

function tell(message: DeviceMessage): void {
  process.send?.(message, () => undefined);
}
