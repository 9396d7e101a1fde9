import { clauseMap } from '#report/clauses';
import { SEVERITIES, type Timings } from '#report/report';
import { formatCount, formatTime } from '../../format.js';
import { durationOf } from './banner.js';
import type { PageContext } from './context.js';
import type { DataTable } from './figure-schema.js';
import type { Card, Fact } from './schema.js';
import { dataTable, wordColumns } from './tables.js';
import { codeFact, fact } from './words.js';

/** Can I do it again? Everything that decides the numbers, then what may differ between equal runs. */
export function provenance(context: PageContext, timings: Timings): Card {
  return {
    title: null,
    facts: [...inputs(context), ...policyFacts(context), ...tools(context), ...circumstances(context, timings)],
    tables: [timingsTable(timings, context), ...waiversTables(context)],
    notes: [],
  };
}

function inputs({ report, words, write }: PageContext): Fact[] {
  const { provenance } = report;
  const terms = words.provenance;
  return [
    codeFact(terms.command, write.sentence(provenance.command).text),
    codeFact(terms.seed, write.name(String(provenance.seed))),
    codeFact(terms.config, write.name(provenance.config)),
    codeFact(terms.configDigest, write.name(provenance.configDigest)),
    codeFact(terms.planDigest, write.name(provenance.planDigest)),
    fact(terms.samples, provenance.samples === 'show' ? terms.shown : terms.indices),
    fact(terms.language, words.languages[provenance.language]),
  ];
}

function policyFacts({ report, words, write }: PageContext): Fact[] {
  const { policy, baseline } = report;
  const terms = words.provenance;
  const accepted = SEVERITIES.filter((severity) => policy.failures[severity] !== 0).map((severity) =>
    terms.acceptedOf(policy.failures[severity], words.severity[severity]),
  );
  const alpha = write.number(policy.regression.alpha);
  return [
    fact(words.verdict.policy, terms.policy(write.name(policy.preset), policy.minimumSamples)),
    policy.file === null
      ? fact(terms.policyFile, terms.onlyPreset)
      : codeFact(terms.policyFile, write.name(policy.file)),
    codeFact(terms.policyDigest, write.name(policy.digest)),
    ...(accepted.length === 0 ? [] : [fact(terms.accepted, words.list(accepted))]),
    ...(baseline === null
      ? []
      : [
          codeFact(words.changes.file, write.name(baseline.file)),
          codeFact(terms.baselineDigest, write.name(baseline.digest)),
          fact(
            terms.regression,
            policy.regression.drop === 0
              ? terms.regressionAny(alpha)
              : terms.regressionOf(write.value(policy.regression.drop, 'rate'), alpha),
          ),
        ]),
  ];
}

function tools({ report, words, write }: PageContext): Fact[] {
  const { tool, target, provenance } = report;
  const terms = words.provenance;
  const versions = Object.entries(provenance.versions)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, version]) => `${write.name(what)} ${write.name(version)}`);
  return [
    fact('Assay', write.name(tool.version)),
    ...(versions.length === 0 ? [] : [fact(terms.versions, words.list(versions))]),
    fact(terms.clauseMap, write.name(clauseMap().date)),
    ...(target === null
      ? []
      : [fact(terms.device, words.list([write.name(target.engine), write.name(target.device)]))]),
  ];
}

/** What may differ between equal runs. */
function circumstances(context: PageContext, timings: Timings): Fact[] {
  const { words, write } = context;
  const { host, execution } = timings;
  const terms = words.provenance;
  return [
    fact(terms.started, formatTime(timings.started) ?? words.unknown),
    fact(terms.finished, terms.after(formatTime(timings.finished) ?? words.unknown, durationOf(timings, context))),
    fact(
      terms.host,
      words.list([
        write.name(host.platform),
        terms.cores(host.cpus),
        `${formatCount(host.memoryMiB)} MiB`,
        `Node ${write.name(host.node)}`,
      ]),
    ),
    fact(terms.execution, terms.executed(execution.workers, execution.threads, execution.batchSize)),
  ];
}

function timingsTable({ cells }: Timings, context: PageContext): DataTable {
  const { words, write } = context;
  const terms = words.provenance;
  const columns = [
    { label: terms.audit, numeric: false },
    { label: terms.time, numeric: true },
    { label: terms.memory, numeric: true },
    { label: terms.attempts, numeric: true },
  ];
  return dataTable(context, { title: terms.times, empty: terms.noTimes }, columns, cells, (cell) => [
    write.name(cell.audit),
    write.duration(cell.seconds),
    cell.peakMiB === null ? words.notMeasured : formatCount(cell.peakMiB),
    formatCount(cell.attempts),
  ]);
}

function waiversTables(context: PageContext): DataTable[] {
  const { report, words, write } = context;
  const { waivers } = report.policy;
  if (waivers.length === 0) return [];
  const terms = words.provenance;
  const columns = wordColumns(terms.waived, terms.reason, terms.owner, terms.expires);
  return [
    dataTable(context, { title: terms.waivers, empty: terms.noWaivers }, columns, waivers, (waiver) => [
      write.name(waiver.audit),
      write.own(waiver.reason),
      write.name(waiver.owner),
      write.name(waiver.expires),
    ]),
  ];
}
