import { resolve } from 'node:path';
import { rowRange, rowsOf } from '#base/tensor';
import type { SamplesConfig, TargetConfig } from '#config/schema';
import { loadSamples } from '#data/load-samples';
import { resolveDevice, type DeviceChoice } from '#engine/index';
import { requireAgreement } from '#target/agreement';
import { declareTarget } from '#target/declare';
import { openTarget as open } from '#target/open';
import { readModelFile } from '#target/read-model';
import { requireNativeArrays } from '#target/realm';
import type { Samples, Target } from '#target/target';

export interface OpenOptions {
  /** What paths are relative to. Default: the working directory. */
  readonly cwd?: string;
  /** Of the draw of samples. Default 0. */
  readonly seed?: number | string;
  /** Threads of the engine. Default 1. */
  readonly threads?: number;
  /** Samples in one execution; changes no result. Default 256. */
  readonly batchSize?: number;
  /** Where the model is executed: the fastest device that works, or one by name. Default: auto. */
  readonly device?: DeviceChoice;
}

export interface Opened {
  readonly target: Target;
  readonly samples: Samples;
}

/** How many samples tell the scale of the outputs. */
const PROBE = 64;

/**
 * Opens a model in this process, with the samples that it is to be tried on: the scale of its outputs (logits or
 * probabilities) is told on them. Call `target.dispose()` at the end.
 *
 * @throws AssayError `model`, `config`, `operator` or `data`; `usage` in a test environment with typed arrays of its own
 */
export async function openTarget(
  config: TargetConfig,
  data: SamplesConfig,
  options: OpenOptions = {},
): Promise<Opened> {
  requireNativeArrays();
  const { cwd = process.cwd(), seed = 0, threads = 1, batchSize = 256, device: wanted = 'auto' } = options;
  const absolute = (path: string) => resolve(cwd, path);
  const located = {
    ...config,
    file: absolute(config.file),
    ...(typeof config.labels === 'string' ? { labels: absolute(config.labels) } : {}),
  };
  const model = await readModelFile(located.file);
  const declaration = await declareTarget(located, model);
  const files = { ...data, inputs: absolute(data.inputs), labels: absolute(data.labels) };
  const { samples } = await loadSamples(files, declaration, seed);
  const probe = rowRange(samples.inputs, 0, Math.min(PROBE, rowsOf(samples.inputs)));
  const device = await resolveDevice(wanted);
  const resources = { threads, batchSize };
  const { target, card } = await open(located, model, probe, resources, device);
  if (device !== 'cpu') {
    const onCpu = await open(located, model, probe, resources, 'cpu');
    await requireAgreement(card, target, onCpu.target, probe);
    await onCpu.target.dispose();
  }
  return { target, samples };
}
