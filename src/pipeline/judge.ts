import { basename } from 'node:path';
import type { Digest } from '#base/digest';
import type { CompletePolicy, LoadedPolicy } from '#config/loaded';
import { REGRESSION } from '#config/policy';
import type { Registry } from '#plugin/registry';
import type { Change, Finding, Report, TargetCard, Timings } from '#report/report';
import { baselineOfRun, type NamedBaseline } from './baseline/kept.js';
import { changesOf, comparisonFinding, withoutBaseline, type ComparisonRules } from './baseline/findings.js';
import { compareWith, type Compared } from './baseline/compare.js';
import { subjectOf } from './baseline/subject.js';
import { judgeCells } from './findings.js';
import { readFinishedRun, type FinishedRun } from './finished-run.js';
import { withoutValues } from './ids-only.js';
import { decide, type BrokenCheck } from './gate.js';
import type { PictureFile } from './pictures.js';
import { reportOf, timingsOf } from './report.js';
import type { GateOptions } from './types.js';
import { waiverOf } from './waivers.js';

/** A report with all that lies beside it, made from a run folder alone. */
export interface JudgedRun {
  readonly report: Report;
  readonly timings: Timings;
  readonly pictures: readonly PictureFile[];
}

/**
 * Judges a finished run again, by its own policy and baseline or by others, without running the model. Writes nothing.
 *
 * @throws AssayError `usage` for what is no run folder of this version, `run` for a damaged or unfinished one, `config`
 *   for what is no baseline
 */
export function judgeRun(runFolder: string, registry: Registry, options: GateOptions = {}): Report {
  return judgeFolder(runFolder, registry, options).report;
}

/** As {@link judgeRun}, with what else a run folder holds. */
export function judgeFolder(runFolder: string, registry: Registry, options: GateOptions = {}): JudgedRun {
  const run = readFinishedRun(runFolder);
  const { file, opened, states, journal, pictures } = run;
  const { cells, target } = file.plan;
  const policy = options.policy ?? opened.policy;
  const today = options.today ?? opened.today;
  const baseline = baselineOfRun(runFolder, opened.baseline, options.baseline);
  const comparison = compared(run, registry, baseline, policy, today);
  const judged = judgeCells({ cells, states, registry, policy, today, command: opened.command });
  const whole = [...withChanges(judged, comparison.changes), ...comparison.findings];
  const findings = opened.samples === 'ids' ? whole.map(idsOnly) : whole;
  const gate = decide(findings, {
    audited: cells.some(({ fate }) => fate.kind === 'run'),
    broken: brokenChecks(target, policy, today),
    accepted: policy.policy.failures,
  });
  const report = reportOf({
    ...{ file, opened, findings, gate, registry },
    policy: named(policy),
    baseline: baseline?.card ?? null,
    uncompared: comparison.uncompared,
  });
  return { report, timings: timingsOf(journal, cells), pictures };
}

interface Comparison {
  /** By cell. */
  readonly changes: ReadonlyMap<string, Change[]>;
  readonly findings: readonly Finding[];
  /** Audits with outcomes that the baseline does not have. */
  readonly uncompared: readonly string[];
}

function compared(
  run: FinishedRun,
  registry: Registry,
  baseline: NamedBaseline | null,
  { file, policy }: LoadedPolicy,
  today: string,
): Comparison {
  const rules: ComparisonRules = {
    ...{ today, waivers: policy.waivers, minimumSamples: policy.minimumSamples, plugins: registry.plugins },
    rule: policy.regression ?? REGRESSION,
    setBy: setterOf(policy, file),
    command: run.opened.command,
    place: baseline?.place ?? null,
  };
  if (baseline === null) return { changes: new Map(), findings: missing(policy, rules), uncompared: [] };
  const subject = subjectOf(run, registry);
  const all = compareWith(baseline.content, subject);
  const known = new Set(all.map(({ now }) => now));
  return {
    changes: new Map(all.flatMap((each) => changesByCell(each, rules))),
    findings: all.map((each) => comparisonFinding(each, rules)),
    uncompared: subject.cells
      .filter((each) => typeof each.outcomes !== 'string' && each.outcomes.length > 0 && !known.has(each))
      .map(({ cell }) => cell.audit),
  };
}

function setterOf({ regression, preset }: CompletePolicy, file: string | null): string {
  if (regression === null) return `preset ${preset}`;
  return file === null ? 'policy' : 'policy file';
}

/** A policy with rules against a baseline needs one: without it nothing was compared. */
function missing({ regression }: CompletePolicy, rules: ComparisonRules): Finding[] {
  if (regression === null) return [];
  const sentence = 'The policy has rules against a baseline, and the config names none.';
  return [withoutBaseline(sentence, rules)];
}

function changesByCell(each: Compared, { rule }: ComparisonRules): (readonly [Digest, Change[]])[] {
  return each.now === null ? [] : [[each.now.cell.id, changesOf(each, rule)]];
}

function withChanges(findings: readonly Finding[], changes: Comparison['changes']): Finding[] {
  return findings.map((finding) => ({ ...finding, changes: changes.get(finding.cell) ?? [] }));
}

function idsOnly(finding: Finding): Finding {
  return { ...finding, details: finding.details.map(withoutValues) };
}

/** As reports name it: folders differ between equal runs. */
function named(policy: LoadedPolicy): LoadedPolicy {
  return { ...policy, file: policy.file === null ? null : basename(policy.file) };
}

function brokenChecks(target: TargetCard | null, { policy }: LoadedPolicy, today: string): BrokenCheck[] {
  const broken = (target?.checks ?? []).filter(({ holds }) => holds === false);
  return broken.map((check) => ({ check, waiver: waiverOf(check.id, policy.waivers, today) }));
}
