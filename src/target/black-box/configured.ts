import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { AssayError, messageOf } from '#base/errors';
import type { Tensor } from '#base/tensor';
import type { ModelBytes } from '#engine/index';
import { fileCards } from '../cards.js';
import type { Declaration } from '../declare.js';
import type { ContinuousDomain } from '../domain.js';
import { checkEndpoint, openEndpoint } from '../endpoint/open.js';
import { endpointName } from '../endpoint/source.js';
import { openFunction } from '../function-target.js';
import { scoreWidth } from '../head.js';
import { importFunctions } from '../module-target.js';
import { COMPARISON_ROWS } from './check-gradient.js';
import { declareAnswers, type BlackBoxConfig } from './declare.js';
import { checkingRows, openingRows, type Answered, type OpenedBlackBox } from './open.js';
import { purseOf, type Purse } from './purse.js';

/** What a run knows of a black box beside its config. */
export interface Dealings {
  readonly purse: Purse;
  /** What it answered when the run was planned; null when it is opened for the first time. */
  readonly before: Answered | null;
}

/** A black box that is opened once, by one process. */
export function firstDealings({ budget }: Pick<BlackBoxConfig, 'budget'>): Dealings {
  return { purse: purseOf(budget), before: null };
}

const CA = 'ca.pem';

/**
 * Declares a black box and reads the files that its config names: the authorities of an endpoint, or a module's code. Nothing is
 * asked and nothing is run.
 *
 * @param config with absolute paths
 * @throws AssayError `config` or `model`
 */
export async function readBlackBox(
  config: BlackBoxConfig,
): Promise<{ readonly model: ModelBytes; readonly declaration: Declaration<ContinuousDomain> }> {
  if (config.url !== undefined) {
    await checkEndpoint(config);
    const main = endpointName(config);
    const files = new Map(config.ca === undefined ? [] : [[CA, await readAuthorities(config.ca)]]);
    return { model: { main, files }, declaration: await declareAnswers(config, main) };
  }
  const main = basename(config.module);
  const files = new Map([[main, await readNamed(config.module, 'target.module')]]);
  return { model: { main, files }, declaration: await declareAnswers(config, main) };
}

/**
 * Opens the endpoint or module of a config.
 *
 * @param model as {@link readBlackBox} gave it
 * @param batchSize samples in one call of a module
 * @throws AssayError `model`, `config` or `budget`
 */
export async function openConfigured(
  config: BlackBoxConfig,
  model: ModelBytes,
  probe: Tensor,
  batchSize: number,
  { purse, before }: Dealings,
): Promise<OpenedBlackBox> {
  if (config.url !== undefined) {
    const ca = model.files.get(CA);
    return openEndpoint(config, ca && Buffer.from(ca).toString('utf8'), probe, purse, before);
  }
  const functions = await importFunctions(config, model.main);
  const parts = { name: model.main, config, functions, files: fileCards(model), batch: batchSize };
  return openFunction(parts, probe, purse, before);
}

/** Rows that are asked for before any audit, and again by each audit, at most. */
export function overhead(
  config: BlackBoxConfig,
  { head }: Pick<Declaration, 'head'>,
  probe: Tensor,
): { readonly inspection: number; readonly opening: number } {
  const opening = openingRows(probe, scoreWidth(head));
  const comparison = config.url === undefined ? COMPARISON_ROWS : 0;
  return { inspection: opening + checkingRows(probe) + comparison, opening };
}

async function readAuthorities(path: string): Promise<Uint8Array> {
  const bytes = await readNamed(path, 'target.ca');
  try {
    new X509Certificate(bytes);
    return bytes;
  } catch (cause) {
    throw new AssayError('config', {
      where: path,
      what: 'the file of `target.ca` holds no certificate',
      mend: 'It is a PEM file: -----BEGIN CERTIFICATE-----.',
      cause,
    });
  }
}

async function readNamed(path: string, key: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new AssayError('config', {
      where: path,
      what: `the file of \`${key}\` cannot be read (${messageOf(cause)})`,
      mend: 'Paths are relative to the configuration file.',
      cause,
    });
  }
}
