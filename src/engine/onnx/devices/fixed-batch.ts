import type { Device, EngineSpec } from '../../contract.js';

/** Samples in one execution on a device other than the CPU, whatever `resources.batchSize` says. */
const DEVICE_BATCH = 32;

/**
 * Kernels of GPUs may add up in another order for another number of samples. So there every execution has the same number, filled
 * up by repetition, and what a sample gives does not depend on how many came with it; shaders are compiled once a graph.
 */
export function withFixedBatch(spec: EngineSpec): EngineSpec {
  return isFixedOn(spec.device) ? { ...spec, resources: { ...spec.resources, batchSize: DEVICE_BATCH } } : spec;
}

/**
 * @param batch of the file
 * @param rows samples in one execution where the file leaves the choice
 */
export function executedBatch({ device }: EngineSpec, batch: 'dynamic' | number, rows: number): 'dynamic' | number {
  return batch === 'dynamic' && isFixedOn(device) ? rows : batch;
}

/** For the report; nothing where samples run in any number, or in the number that the file asks for. */
export function fixedBatchNote({ device }: EngineSpec, batch: 'dynamic' | number): readonly string[] {
  if (device === undefined || !isFixedOn(device) || batch !== 'dynamic') return [];
  return [`on ${device} samples run in batches of one size, filled up, so that no result depends on its neighbours`];
}

export function isFixedOn(device: Device = 'cpu'): boolean {
  return device !== 'cpu';
}
