import { basename } from 'node:path';
import { AssayError } from '#base/errors';
import { COMPARISON, REGRESSION } from '#config/policy';
import type { Plugin } from '#plugin/plugin';
import type { Registry } from '#plugin/registry';
import { Report, REPORT_VERSION, Timings, type Finding, type Gate } from '#report/report';
import { withOnly } from './command.js';
import { checker, type JournalEntry, type Opened, type PlanFile } from './records.js';
import type { Cell } from './types.js';

export interface ReportParts {
  readonly file: PlanFile;
  readonly opened: Opened;
  /** That the findings were judged by: of the run, or another. */
  readonly policy: Opened['policy'];
  readonly baseline: Report['baseline'];
  /** Audits that the baseline does not have. */
  readonly uncompared: readonly string[];
  readonly findings: readonly Finding[];
  readonly gate: Gate;
  readonly registry: Registry;
}

/** The product: everything that the run found, and nothing that may differ between two equal runs. */
export function reportOf(parts: ReportParts): Report {
  const { file, opened, policy, baseline, findings, gate, registry, uncompared } = parts;
  const { plan } = file;
  const { preset, minimumSamples, waivers, failures, regression } = policy.policy;
  return checkedReport({
    version: REPORT_VERSION,
    tool: file.tool,
    gate,
    findings: [...findings],
    target: plan.target,
    data: plan.data,
    policy: {
      preset,
      digest: policy.digest,
      minimumSamples,
      waivers,
      file: policy.file,
      failures: { ...failures },
      regression: { ...(regression ?? REGRESSION) },
    },
    baseline,
    threatModel: threatModelOf(plan.cells, registry),
    notTested: [...notTested(findings, registry), ...uncompared.map(notCompared)],
    provenance: {
      seed: plan.seed,
      configDigest: opened.configDigest,
      planDigest: plan.digest,
      command: withOnly(opened.command, opened.only),
      samples: opened.samples,
      config: basename(opened.config),
      language: opened.language,
      versions: file.versions,
    },
  });
}

/** All that may differ between equal runs. */
export function timingsOf(entries: readonly JournalEntry[], cells: readonly Cell[]): Timings {
  const opened = entries.filter((entry) => entry.kind === 'opened');
  const last = opened.at(-1);
  if (last === undefined) throw new AssayError('run', { what: 'the journal does not say how the run was started' });
  return {
    started: opened[0]?.at ?? last.at,
    finished: entries.at(-1)?.at ?? last.at,
    host: last.host,
    execution: last.execution,
    config: last.config,
    cells: cells.flatMap(({ id, audit }) => {
      const attempts = entries.filter((entry) => entry.kind === 'cell-started' && entry.cell === id).length;
      const end = entries.findLast((entry) => entry.kind === 'cell-finished' && entry.cell === id);
      if (end?.kind !== 'cell-finished') return [];
      const { seconds, peakMiB, traffic } = end;
      return [{ cell: id, audit, seconds, peakMiB, attempts, ...(traffic === undefined ? {} : { traffic }) }];
    }),
  };
}

export const checkReport = checker(Report);
export const checkTimings = checker(Timings);

/** A report that is not as its schema says is a defect of Assay or of a plugin; nobody gets to read it. */
function checkedReport(report: Report): Report {
  const checked = checkReport(JSON.parse(JSON.stringify(report)));
  if ('value' in checked) return checked.value;
  throw new AssayError('run', {
    what: `the report is not as its schema says: ${checked.problem}`,
    mend: 'This is a defect of Assay or of a plugin; please report it.',
  });
}

/** What the adversaries of the audits that ran know and may do. */
function threatModelOf(cells: readonly Pick<Cell, 'audit' | 'fate'>[], registry: Registry): Report['threatModel'] {
  const threats = cells
    .filter(({ fate }) => fate.kind === 'run')
    .flatMap(({ audit }) => threatOf(registry.plugins.get(audit)));
  return [...new Map(threats.map((threat) => [threat.sentence, threat])).values()];
}

function notCompared(audit: string): Report['notTested'][number] {
  return { what: `${COMPARISON}${audit}`, kind: 'without-number', because: 'The baseline does not have it.' };
}

function threatOf(plugin: Plugin | undefined): Report['threatModel'] {
  if (plugin?.threat == null) return [];
  const texts = Object.entries(plugin.texts ?? {}).flatMap(([language, { threat }]) =>
    threat === null ? [] : [[language, { sentence: threat }] as const],
  );
  return [{ sentence: plugin.threat, texts: Object.fromEntries(texts) }];
}

const UNTESTED: ReadonlySet<Finding['status']> = new Set(['not-applicable', 'error', 'not-run']);

/** Audits that gave nothing, and plugins that the config does not name. */
function notTested(findings: readonly Finding[], registry: Registry): Report['notTested'] {
  const named = new Set(findings.map(({ audit }) => audit));
  const unnamed = [...registry.plugins.values()]
    .filter(({ id }) => !named.has(id))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id }) => ({ what: id, kind: 'unnamed' as const, because: 'The config does not name it.' }));
  const without = findings.filter(({ status, measures }) => UNTESTED.has(status) || measures.length === 0);
  return [
    ...without.map(({ audit, claim }) => ({ what: audit, kind: 'without-number' as const, because: claim })),
    ...unnamed,
  ];
}
