import { resolve } from 'node:path';
import { AssayError } from '#base/errors';
import { rowRange, rowsOf, type Tensor } from '#base/tensor';
import type { FileTargetConfig, SamplesConfig, TargetConfig } from '#config/schema';
import { kindProblems } from '#config/black-box-problems';
import { absoluteSamples } from '#config/complete';
import { failWith } from '#config/place';
import { absoluteBlackBox, absoluteFile, withAbsoluteLabels } from '#config/target-paths';
import { loadSamples } from '#data/load-samples';
import { resolveDevice, type DeviceChoice } from '#engine/index';
import { requireAgreement } from '#target/agreement';
import { firstDealings, openConfigured, readBlackBox } from '#target/black-box/configured';
import { declareAnswers, isBlackBox, type BlackBoxConfig } from '#target/black-box/declare';
import { purseOf } from '#target/black-box/purse';
import { declareTarget, type Declaration } from '#target/declare';
import { isFunctionConfig, openFunction, type FunctionConfig } from '#target/function-target';
import { openTarget as open } from '#target/open';
import { prepareTarget, type EngineChoice } from '#target/formats/prepare';
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
  /** What executes the model: ONNX Runtime wherever it can be brought there, or one by name. Default: auto. */
  readonly engine?: EngineChoice;
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
 * @param config a model file, an endpoint, a module, or a function of this program: `{ predict, shape, gives, ... }`
 * @param data files, or for all but model files samples as they are
 * @throws AssayError `model`, `config`, `operator`, `data` or `budget`; `usage` for a model file in a test environment with
 *   typed arrays of its own
 */
export async function openTarget(
  config: TargetConfig | FunctionConfig,
  data: SamplesConfig | Samples,
  options: OpenOptions = {},
): Promise<Opened> {
  if (isFunctionConfig(config) || isBlackBox(config)) return openAnswering(config, data, options);
  if ('indices' in data) {
    throw new AssayError('usage', {
      what: 'a model file is opened on samples that are files',
      mend: 'Name them by path.',
    });
  }
  return openFile(config, data, options);
}

async function openAnswering(
  config: BlackBoxConfig | FunctionConfig,
  data: SamplesConfig | Samples,
  { cwd = process.cwd(), seed = 0, batchSize = 256 }: OpenOptions,
): Promise<Opened> {
  const absolute = (path: string) => resolve(cwd, path);
  const { open: opening, declaration } = isFunctionConfig(config)
    ? await aboutFunction(withAbsoluteLabels(config, absolute), batchSize)
    : await aboutBlackBox(config, absolute, batchSize);
  const samples =
    'indices' in data ? data : (await loadSamples(absoluteSamples(data, absolute), declaration, seed)).samples;
  return { target: await opening(probeOf(samples)), samples };
}

interface About {
  readonly declaration: Declaration;
  readonly open: (probe: Tensor) => Promise<Target>;
}

async function aboutFunction(config: FunctionConfig, batch: number): Promise<About> {
  const { name = 'function', predict, gradient, budget } = config;
  const functions = gradient === undefined ? { predict } : { predict, gradient };
  const parts = { name, config, functions, files: [], batch };
  return {
    declaration: await declareAnswers(config, name),
    open: async (probe) => (await openFunction(parts, probe, purseOf(budget), null)).target,
  };
}

async function aboutBlackBox(
  named: BlackBoxConfig,
  absolute: (path: string) => string,
  batchSize: number,
): Promise<About> {
  const problems = kindProblems({ target: named });
  if (problems.length > 0) failWith(problems, { code: 'config', file: 'openTarget', path: [] });
  const config = withAbsoluteLabels(absoluteBlackBox(named, absolute), absolute);
  const { model, declaration } = await readBlackBox(config);
  return {
    declaration,
    open: async (probe) => (await openConfigured(config, model, probe, batchSize, firstDealings(config))).target,
  };
}

function probeOf({ inputs }: Samples): Tensor {
  return rowRange(inputs, 0, Math.min(PROBE, rowsOf(inputs)));
}

async function openFile(config: FileTargetConfig, data: SamplesConfig, options: OpenOptions): Promise<Opened> {
  requireNativeArrays();
  const { cwd = process.cwd(), seed = 0, threads = 1, batchSize = 256, engine = 'auto' } = options;
  const absolute = (path: string) => resolve(cwd, path);
  const { config: located, model } = await prepareTarget(absoluteFile(config, absolute), engine);
  const declaration = await declareTarget(located, model);
  const { samples } = await loadSamples(absoluteSamples(data, absolute), declaration, seed);
  const probe = rowRange(samples.inputs, 0, Math.min(PROBE, rowsOf(samples.inputs)));
  const device = model.engine === 'tfjs' ? 'cpu' : await resolveDevice(options.device ?? 'auto');
  const resources = { threads, batchSize };
  const { target, card } = await open(located, model, probe, resources, device);
  if (device !== 'cpu') {
    const onCpu = await open(located, model, probe, resources, 'cpu');
    await requireAgreement(card, target, onCpu.target, probe);
    await onCpu.target.dispose();
  }
  return { target, samples };
}
