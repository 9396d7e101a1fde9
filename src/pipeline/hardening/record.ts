import { digestOfJson } from '#base/digest';
import { AssayError } from '#base/errors';
import { packageVersion } from '#base/package-root';
import { HARDENING_VERSION, HardeningRecord, type HardeningRate } from '#report/hardening';
import type { Change, Finding, Timings } from '#report/report';
import { mcnemar } from '#stats/tests';
import { strongestOf } from '../exit-codes.js';
import { checker } from '../records.js';
import type { RunResult } from '../types.js';
import type { TrainingData } from './evidence.js';
import type { NewModel } from './new-model.js';
import { TRAINING } from './recipe.js';
import { STAGES, type Stage } from './stages.js';

export interface RecordParts {
  readonly runs: Readonly<Record<Stage, RunResult>>;
  readonly trained: TrainingData;
  readonly model: NewModel;
  readonly command: string;
}

const check = checker(HardeningRecord);

/** What was trained, from what and how, and what it changed. Pure. */
export function recordOf({ runs, trained, model, command }: RecordParts): HardeningRecord {
  const { before, training, after } = runs;
  const { target, data, provenance } = training.report;
  if (target === null) throw new RangeError('only a target is trained');
  const record: HardeningRecord = {
    version: HARDENING_VERSION,
    tool: { name: 'assay', version: packageVersion() },
    command,
    model: {
      before: {
        name: target.name,
        files: target.files,
      },
      after: model,
    },
    data,
    seed: provenance.seed,
    engine: target.engine,
    device: target.device,
    training: trainingOf(training.report.findings, trained),
    audits: comparedFindings(before.report.findings, after.report.findings),
    exitCodes: { before: before.exitCode, training: training.exitCode, after: after.exitCode },
    exitCode: strongestOf([training.exitCode, after.exitCode]),
    runs: { before: 'before', training: 'training', after: 'after' },
    timings: timingsOf(runs),
  };
  return checkedOwn(record);
}

function checkedOwn(record: HardeningRecord): HardeningRecord {
  const checked = check(JSON.parse(JSON.stringify(record)));
  if ('value' in checked) return checked.value;
  throw new AssayError('run', {
    what: `the record of the hardening is not as its schema says: ${checked.problem}`,
    mend: 'This is a defect of Assay or of a plugin; please report it.',
  });
}

function trainingOf(findings: readonly Finding[], trained: TrainingData): HardeningRecord['training'] {
  const finding = findings.find(({ audit }) => audit === TRAINING);
  if (finding === undefined) throw new RangeError('the training has a finding');
  const { epochs, kept, stop, before, after } = trained;
  const recipe = finding.options as HardeningRecord['training']['recipe'];
  return {
    audit: TRAINING,
    recipe,
    status: finding.status,
    claim: finding.claim,
    reasons: finding.reasons,
    epochs,
    kept,
    stop,
    rates: [
      pairedRate('Clean accuracy', before.clean, after.clean),
      pairedRate('Robust accuracy', before.robust, after.robust),
    ],
  };
}

/** The share of ones before and after, and McNemar's exact test of the difference. */
export function pairedRate(label: string, before: readonly number[], after: readonly number[]): HardeningRate {
  const n = after.length;
  const count = (from: number, to: number): number => before.filter((bit, i) => bit === from && after[i] === to).length;
  const [lost, won] = [count(1, 0), count(0, 1)];
  const p = mcnemar(lost, won);
  const direction = p >= SIGNIFICANT ? 'same' : lost > won ? 'worse' : 'better';
  return {
    ...{ label, before: mean(before), after: mean(after), n },
    paired: { lost, won, test: 'McNemar, exact, two-sided', p, direction },
  };
}

const SIGNIFICANT = 0.05;

function mean(bits: readonly number[]): number {
  return bits.length === 0 ? 0 : bits.reduce((sum, bit) => sum + bit, 0) / bits.length;
}

/** Each audit of the new model beside the same audit of the model before. */
export function comparedFindings(before: readonly Finding[], after: readonly Finding[]): HardeningRecord['audits'] {
  const keyOf = ({ audit, options }: Finding): string => digestOfJson([audit, options]);
  const was = new Map(before.map((finding) => [keyOf(finding), finding]));
  return after.flatMap((now) => {
    const then = was.get(keyOf(now));
    if (then === undefined) return [];
    const { audit, options, status } = now;
    return [
      {
        audit,
        options: options as HardeningRecord['audits'][number]['options'],
        before: then.status,
        after: status,
        rates: ratesOf(then, now),
      },
    ];
  });
}

/** Rates that were paired sample by sample, then those that both have and nobody can pair. */
function ratesOf(before: Finding, after: Finding): HardeningRate[] {
  const paired = new Set(after.changes.map(({ label }) => label));
  return [
    ...after.changes.map(rateOfChange),
    ...after.measures.flatMap(({ id, label, value, format, n }) => {
      const then = before.measures.find((measure) => measure.id === id)?.value ?? null;
      if (paired.has(label) || format !== 'rate' || value === null || then === null || n === null) return [];
      return [{ label, before: then, after: value, n, paired: null }];
    }),
  ];
}

function rateOfChange({ label, before, now, n, ...paired }: Change): HardeningRate {
  return { label, before, after: now, n, paired };
}

function timingsOf(runs: RecordParts['runs']): HardeningRecord['timings'] {
  const stages = { before: stageOf(runs.before), training: stageOf(runs.training), after: stageOf(runs.after) };
  const each = STAGES.map((stage) => stages[stage]);
  return {
    started: each.map(({ started }) => started).sort()[0] ?? '',
    finished:
      each
        .map(({ finished }) => finished)
        .sort()
        .at(-1) ?? '',
    stages,
  };
}

function stageOf({ timings }: { readonly timings: Timings }): HardeningRecord['timings']['stages']['before'] {
  const { started, finished, cells } = timings;
  return { started, finished, seconds: cells.reduce((sum, { seconds }) => sum + seconds, 0) };
}
