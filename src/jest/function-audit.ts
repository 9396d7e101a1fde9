import { rowRange, rowsOf } from '#base/tensor';
import { declareAnswers } from '#target/black-box/declare';
import { purseOf } from '#target/black-box/purse';
import { openFunction, type FunctionConfig } from '#target/function-target';
import type { Audited, MatcherAudit } from './audit.js';
import { auditLive, loadedSamples } from './live-audit.js';

/** Samples in one call of a function; changes no result. */
const BATCH = 256;
/** Samples that a function is opened on. */
const PROBE = 64;

/** Opens a function that a test gives as its model, and runs one audit of it in the test itself. */
export async function auditFunction(config: FunctionConfig, audit: MatcherAudit): Promise<Audited> {
  const { name = 'function', predict, gradient, budget } = config;
  const declaration = await declareAnswers(config, name);
  const samples = await loadedSamples('on', audit.data.test, declaration, audit);
  const functions = gradient === undefined ? { predict } : { predict, gradient };
  const probe = rowRange(samples.inputs, 0, Math.min(PROBE, rowsOf(samples.inputs)));
  const parts = { name, config, functions, files: [], batch: BATCH };
  const { target } = await openFunction(parts, probe, purseOf(budget), null);
  return auditLive(target, { ...audit, data: { ...audit.data, test: samples } });
}
