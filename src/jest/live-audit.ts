import { mkdirSync, mkdtempSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOfJson } from '#base/digest';
import { AssayError } from '#base/errors';
import type { JsonObject } from '#base/json';
import { auditsOf } from '#config/audits';
import { checkThresholds } from '#config/policy';
import { configFromValue } from '#config/value';
import { loadSamples } from '#data/load-samples';
import { writeAtomically } from '#pipeline/atomic';
import { readEvidence, writeEvidence } from '#pipeline/evidence-store';
import { drawPictures } from '#pipeline/pictures';
import { cellFolderName, evidenceFolder } from '#pipeline/run-folder';
import type { Cell } from '#pipeline/types';
import { askPlugin } from '#pipeline/verdicts';
import type { Evidence, Plugin } from '#plugin/plugin';
import { randomStreams } from '#stats/random';
import { requireNativeArrays } from '#target/realm';
import type { Samples, Target } from '#target/target';
import type { Audited, MatcherAudit } from './audit.js';
import { isFileSamples, type FileSamples } from './declared.js';

/** How many changed inputs are kept. */
const KEEP = 64;

/**
 * Runs one audit of a target that lives in the test itself: the same plugin, judge and pictures as in a run, without
 * worker processes, limits and resuming.
 */
export async function auditLive(target: Target, on: Samples | FileSamples, audit: MatcherAudit): Promise<Audited> {
  requireNativeArrays();
  const { plugin } = audit.configured;
  const { options, thresholds } = await checked(audit);
  refuseUnfit(plugin, target, options);
  const samples = isFileSamples(on) ? (await loadSamples(on.config, target, audit.seed)).samples : on;
  const evidence = await run(plugin, target, samples, options, audit.seed);
  return judged(target, evidence, { ...audit, thresholds }, options);
}

function refuseUnfit(plugin: Plugin, target: Target, options: JsonObject): void {
  const unfit = plugin.appliesTo?.(target, options) ?? null;
  if (unfit !== null)
    throw new AssayError('usage', { where: plugin.id, what: `does not apply to this target: ${unfit}` });
  const lacking = plugin.needs.find((capability) => !target.capabilities.has(capability));
  if (lacking !== undefined) {
    const because = target.missing.get(lacking) ?? 'this kind of target has none';
    throw new AssayError('usage', {
      where: plugin.id,
      what: `needs \`${lacking}\` of the target: ${because.replace(/\.$/, '')}`,
    });
  }
}

interface Settings {
  readonly options: JsonObject;
  readonly thresholds: JsonObject;
}

/** Options and thresholds, completed and checked as those of a config and a policy are. */
async function checked({ configured, thresholds, minimumSamples }: MatcherAudit): Promise<Settings> {
  const { plugin, options } = configured;
  const plugins = new Map([[plugin.id, plugin]]);
  const audits = Object.keys(thresholds).length === 0 ? {} : { [plugin.id]: thresholds };
  const loaded = await configFromValue(
    { audits: { [plugin.id]: options } },
    { cwd: process.cwd(), name: 'toWithstand', policy: { minimumSamples, audits } },
  );
  const [audited] = auditsOf(loaded, plugins);
  return {
    options: audited?.options ?? {},
    thresholds: checkThresholds(loaded.policy, plugins).get(plugin.id) ?? (plugin.presets.baseline as JsonObject),
  };
}

function run(
  plugin: Plugin,
  target: Target,
  test: Samples,
  options: JsonObject,
  seed: number | string,
): Promise<Evidence<unknown>> {
  return plugin.run({
    options,
    target,
    test,
    train: null,
    table: null,
    random: randomStreams(seed, plugin.id),
    keep: KEEP,
    step: (_name, compute) => compute(),
    progress: () => undefined,
  });
}

function judged(target: Target, evidence: Evidence<unknown>, audit: MatcherAudit, options: JsonObject): Audited {
  const { plugin } = audit.configured;
  mkdirSync(audit.out, { recursive: true });
  const folder = mkdtempSync(join(audit.out, 'jest-'));
  const cell = cellOf(plugin.id, options, target);
  const digest = writeEvidence(evidenceFolder(folder, cell), cell, evidence, { keep: KEEP, key: plugin.id });
  const stored = readEvidence(evidenceFolder(folder, cell), digest);
  const { pictures, files } = drawPictures(stored, {
    facts: target,
    labels: target.labels,
    folder: cellFolderName(cell),
    samples: 'show',
  });
  for (const { path, bytes } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeAtomically(join(folder, path), bytes);
  }
  const { thresholds, minimumSamples } = audit;
  const { verdict, details } = askPlugin(
    plugin,
    stored.data,
    { thresholds, minimumSamples, setBy: 'matcher' },
    pictures,
  );
  const { claim, status, reasons, measures, signs } = verdict;
  const finding = {
    claim,
    status,
    reasons: [...reasons],
    measures: [...measures],
    signs: [...signs],
    details: [...details],
  };
  return { finding, folder };
}

function cellOf(audit: string, options: JsonObject, target: Target): Cell {
  return {
    id: digestOfJson({ audit, options, target: target.digest }),
    audit,
    options,
    data: ['test'],
    cost: { predictions: 0, gradients: 0 },
    fate: { kind: 'run' },
  };
}
