import { rowRange, rowsOf } from '#base/tensor';
import { loadSamples } from '#data/load-samples';
import { declareAnswers } from '#target/black-box/declare';
import { purseOf } from '#target/black-box/purse';
import { openFunction, type FunctionConfig } from '#target/function-target';
import type { Samples } from '#target/target';
import type { Audited, MatcherAudit } from './audit.js';
import { isFileSamples, type FileSamples } from './declared.js';
import { auditLive } from './live-audit.js';

/** Samples in one call of a function; changes no result. */
const BATCH = 256;
/** Samples that a function is opened on. */
const PROBE = 64;

/** Opens a function that a test gives as its model, and runs one audit of it in the test itself. */
export async function auditFunction(
  config: FunctionConfig,
  on: Samples | FileSamples,
  audit: MatcherAudit,
): Promise<Audited> {
  const { name = 'function', predict, gradient, budget } = config;
  const declaration = await declareAnswers(config, name);
  const samples = isFileSamples(on) ? (await loadSamples(on.config, declaration, audit.seed)).samples : on;
  const functions = gradient === undefined ? { predict } : { predict, gradient };
  const probe = rowRange(samples.inputs, 0, Math.min(PROBE, rowsOf(samples.inputs)));
  const parts = { name, config, functions, files: [], batch: BATCH };
  const { target } = await openFunction(parts, probe, purseOf(budget), null);
  return auditLive(target, samples, audit);
}
